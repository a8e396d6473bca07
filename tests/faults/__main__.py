"""python -m tests.faults [part …] [--seeds N]"""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.faults.environment import FaultEnvironment, heading, line, open_fault_environment
from tests.faults.scenarios import SCENARIOS


def main() -> None:
    """Run the named parts, or all, and print each row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="What becomes of it when things fail.")
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"{', '.join(SCENARIOS)}; all of them where none is named"
    )
    parser.add_argument("--seeds", type=int, default=10, help="how often each is brought about, each time otherwise")
    parser.add_argument("--due", type=int, default=300, help="how many are due in the same minute")
    parser.add_argument("--logs", type=Path, help="a folder in which what the processes say is kept")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(SCENARIOS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    chosen = [name for name in SCENARIOS if not args.parts or name in args.parts]
    with open_fault_environment(args.due, args.logs) as env:
        sys.exit(asyncio.run(_run_scenarios(chosen, env, args.seeds)))


async def _run_scenarios(names: list[str], env: FaultEnvironment, seeds: int) -> int:
    """Run the scenarios; return 1 if a message was lost, or posted twice where that is not allowed."""
    print(heading(), flush=True)
    ok = True
    for name in names:
        for run_scenario in SCENARIOS[name]:
            for seed in range(1, seeds + 1):
                row = await run_scenario(env, seed)
                print(line(row.cells), flush=True)
                ok = ok and row.ok
    return 0 if ok else 1


if __name__ == "__main__":
    main()
