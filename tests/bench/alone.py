"""Run a command, and print its seconds and its peak memory.

This is a separate, small program, since a process inherits the peak of its parent."""

import os
import sys
import time


def main(command: list[str]) -> None:
    """Measure one command, and discard its output."""
    to_devnull = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=to_devnull)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    print(seconds, usage.ru_maxrss)


if __name__ == "__main__":
    main(sys.argv[1:])
