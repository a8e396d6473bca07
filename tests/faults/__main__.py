"""python -m tests.faults [part …] [--seeds N]"""

import argparse
import asyncio
import sys
from importlib import import_module
from pathlib import Path

from tests.faults.environment import Theatre, theatre
from tests.faults.table import heading, line

PARTS = ("killed", "frozen", "database", "slack", "launchdarkly", "ending", "clock")


def main() -> None:
    """Brings about the parts that are named, or all, and prints each row as soon as it is known."""
    reader = argparse.ArgumentParser(prog="python -m tests.faults", description="What becomes of it when things fail.")
    reader.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all of them where none is named")
    reader.add_argument("--seeds", type=int, default=10, help="how often each is brought about, each time otherwise")
    reader.add_argument("--due", type=int, default=300, help="how many are due in the same minute")
    reader.add_argument("--logs", type=Path, help="a folder in which what the processes say is kept")
    given = reader.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        reader.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    chosen = [part for part in PARTS if not given.parts or part in given.parts]
    with theatre(given.due, given.logs) as found:
        sys.exit(asyncio.run(_play(chosen, found, given.seeds)))


async def _play(parts: list[str], where: Theatre, seeds: int) -> int:
    """How it ends: with 1 if anything was lost, or posted twice where it may not."""
    print(heading(), flush=True)
    well = True
    for part in parts:
        for play in import_module(f"tests.faults.{part}").PLAYS:
            for seed in range(1, seeds + 1):
                row = await play(where, seed)
                print(line(row.cells), flush=True)
                well = well and row.well
    return 0 if well else 1


if __name__ == "__main__":
    main()
