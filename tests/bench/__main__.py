"""python -m tests.bench [part …]"""

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from tests.bench.comparison import Row, draw
from tests.bench.load import MINUTES_VARIABLE

BENCHMARKS = {  # each part's module, which has a function named after the part
    "start": "start",
    "parse": "call",
    "call": "call",
    "size": "footprint",
    "render": "messages",
    "acknowledge": "slash_command",
    "answer": "slash_command",
    "words": "slash_command",
    "menus": "slash_command",
    "memory": "slash_command",
    "first": "start",
    "flood": "slash_command",
    "posting": "messages",
    "load": "load",
    "idle": "load",
    "mixed": "load",
    "database_growth": "footprint",
    "path": "footprint",
}
COMPARED_PACKAGES = (
    "launchdarkly-api",
    "slack-sdk",
    "httpx",
    "pydantic",
    "jinja2",
    "slack-bolt",
    "starlette",
    "uvicorn",
)


def main() -> None:
    """Measure the named parts, or all, and print one table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures the bot against what one would use instead."
    )
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"{', '.join(BENCHMARKS)}; all of them where none is named"
    )
    parser.add_argument("--minutes", type=float, default=60, help="how long the mixed load lasts")
    args = parser.parse_args()
    chosen: list[str] = args.parts
    os.environ[MINUTES_VARIABLE] = str(args.minutes)
    if unknown := set(chosen) - set(BENCHMARKS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    rows = [row for name in BENCHMARKS if not chosen or name in chosen for row in _measure(name)]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {_versions()}\n")
    print(draw(rows))


def _measure(name: str) -> Iterator[Row]:
    print(f"measuring {name} …", file=sys.stderr)
    yield from getattr(import_module(f"tests.bench.{BENCHMARKS[name]}"), f"{name}_rows")()


def _versions() -> str:
    return ", ".join(f"{name} {_version(name)}" for name in COMPARED_PACKAGES)


def _version(package: str) -> str:
    """Return a package's version. Parts that compare with nothing don't need all packages."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    main()
