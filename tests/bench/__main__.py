"""python -m tests.bench [part …]"""

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version

from tests.bench.mixed import MINUTES
from tests.bench.table import Row, draw

PARTS = (
    *("start", "parse", "call", "size", "render", "acknowledge", "answer", "memory", "first", "flood"),
    *("posting", "load", "idle", "mixed", "year"),
)
AGAINST = ("launchdarkly-api", "slack-sdk", "httpx", "pydantic", "jinja2", "slack-bolt", "starlette", "uvicorn")


def main() -> None:
    """Measures the parts that are named, or all, and prints one table."""
    reader = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures the bot against what one would use instead."
    )
    reader.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all of them where none is named")
    reader.add_argument("--minutes", type=float, default=60, help="how long the mixed load lasts")
    given = reader.parse_args()
    parts: list[str] = given.parts
    os.environ[MINUTES] = str(given.minutes)
    if unknown := set(parts) - set(PARTS):
        reader.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    rows = [row for part in PARTS if not parts or part in parts for row in _measured(part)]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {_versions()}\n")
    print(draw(rows))


def _measured(part: str) -> Iterator[Row]:
    print(f"measuring {part} …", file=sys.stderr)
    yield from import_module(f"tests.bench.{part}").rows()


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in AGAINST)


if __name__ == "__main__":
    main()
