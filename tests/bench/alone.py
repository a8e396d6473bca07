"""Runs a command, and prints the seconds it took and the memory it needed at its peak.

A program of its own, and a small one: a process inherits the peak of the one that starts it."""

import os
import sys
import time


def main(command: list[str]) -> None:
    """Measures one command; what it prints is thrown away."""
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
