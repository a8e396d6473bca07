"""python -m tests.faults [part …] [--seeds N]"""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.faults.environment import FaultEnvironment, heading, line, open_fault_environment
from tests.faults.scenarios import SCENARIOS


def main() -> None:
    """Run the named parts, or all, and print each row as soon as it is known."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description="Break something while many schedules are due, and count lost and duplicate messages.",
    )
    parser.add_argument("parts", nargs="*", metavar="part", help=f"parts to run (default: all): {', '.join(SCENARIOS)}")
    parser.add_argument("--seeds", type=int, default=10, help="runs of each fault, each at other moments (default: 10)")
    parser.add_argument("--due", type=int, default=300, help="schedules due in the same minute (default: 300)")
    parser.add_argument("--logs", type=Path, help="folder in which to save the processes' logs")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(SCENARIOS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))} (choose from {', '.join(SCENARIOS)})")
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
