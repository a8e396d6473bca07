"""A comparison: contenders measured side by side, and the table of ratios that results.

Each contender has a process of its own, so that none pays for what another has imported. They are measured in turns, so
that what slows the machine down slows all of them down. This module imports little, since they import it too.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter, process_time
from typing import Literal

Repeat = Callable[[int], object]  # does a task so many times
Tasks = Mapping[str, Repeat]
Setup = Callable[[], Tasks]  # runs in the contender's own process; has to be importable there
Clock = Literal["wall", "cpu"]

_PROCESSES = get_context("spawn")
HEADING = ("what", "ours", "against", "ratio", "goal", "")


# ----------------------------------------------------------------------------------------------------------- contenders


def every(once: Callable[[], object]) -> Repeat:
    """A repeated task."""

    def repeat(times: int) -> None:
        for _ in range(times):
            once()

    return repeat


@dataclass(frozen=True)
class Lap:
    """The seconds that a task took, once."""

    wall: float
    cpu: float

    def measured_by(self, clock: Clock) -> float:
        """The seconds on the wall, or those that were worked for it."""
        return self.wall if clock == "wall" else self.cpu


class Contender:
    """A process with its own implementation of some tasks."""

    def __init__(self, setup: Setup) -> None:
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_compete, args=(theirs, setup), daemon=True)
        self._process.start()
        theirs.close()

    def lap(self, task: str, times: int) -> Lap:
        """A task done *times* over."""
        try:
            self._pipe.send((task, times))
            lap: Lap = self._pipe.recv()
        except (EOFError, OSError):
            sys.exit(f"a contender for {task!r} gave up; what it says stands above")
        return lap

    def pace(self, task: str, seconds: float, min_times: int) -> int:
        """How often a task has to be done to fill a lap. The first of all says nothing: it imports and connects."""
        self.lap(task, 1)
        times = min_times
        while (lap := self.lap(task, times)).wall * times < seconds / 2:
            times *= 2
        return max(min_times, round(seconds / lap.wall))

    def retire(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()


def _compete(pipe: Connection, setup: Setup) -> None:
    """What a contender's process does: laps as they are asked for, until nobody asks any more."""
    tasks = setup()
    while True:
        try:
            task, times = pipe.recv()
        except EOFError:
            return
        pipe.send(_timed(tasks[task], times))


def _timed(repeat: Repeat, times: int) -> Lap:
    wall, cpu = perf_counter(), process_time()
    repeat(times)
    return Lap((perf_counter() - wall) / times, (process_time() - cpu) / times)


@dataclass(frozen=True)
class Result:
    """The laps of some runners, round by round."""

    laps: Mapping[str, list[Lap]]

    def ratio(self, one: str, other: str, clock: Clock) -> float:
        """How much longer *one* took than the *other*: the median of what each round says."""
        pairs = zip(self.laps[one], self.laps[other], strict=True)
        return median(a.measured_by(clock) / b.measured_by(clock) for a, b in pairs)


@dataclass(frozen=True)
class Race:
    """Contenders at the start."""

    contenders: Mapping[str, Contender]

    def run(self, task: str, *names: str, repeats: int = 15, seconds: float = 0.06, min_times: int = 1) -> Result:
        """One task, done by the contenders of these names in turn."""
        return self.relay({name: (name, task) for name in names}, repeats=repeats, seconds=seconds, min_times=min_times)

    def relay(
        self, runners: Mapping[str, tuple[str, str]], *, repeats: int = 15, seconds: float = 0.06, min_times: int = 1
    ) -> Result:
        """Runners in turn, each a contender with a task of its own."""
        paces = {
            runner: self.contenders[name].pace(task, seconds, min_times) for runner, (name, task) in runners.items()
        }
        laps: dict[str, list[Lap]] = {runner: [] for runner in runners}
        for _ in range(repeats):
            for runner, (name, task) in runners.items():
                laps[runner].append(self.contenders[name].lap(task, paces[runner]))
        return Result(laps)


@contextmanager
def race(**setups: Setup) -> Iterator[Race]:
    """Contenders, each started with its setup, and gone when the block is left."""
    contenders = {name: Contender(setup) for name, setup in setups.items()}
    try:
        yield Race(contenders)
    finally:
        for contender in contenders.values():
            contender.retire()


# ------------------------------------------------------------------------------------------------------------ the table


@dataclass(frozen=True)
class Goal:
    """A bound on a ratio."""

    sign: str
    bound: float

    def met(self, ratio: float) -> bool:
        return ratio >= self.bound if self.sign == "≥" else ratio <= self.bound


def at_least(bound: float) -> Goal:
    """A goal for ratios such as `faster`, which cannot be large enough."""
    return Goal("≥", bound)


def at_most(bound: float) -> Goal:
    """A goal for ratios such as `the time`, which cannot be small enough."""
    return Goal("≤", bound)


@dataclass(frozen=True)
class Row:
    """One ratio. Its *unit* says how to read it: `5 × faster`, `0.4 × the memory`."""

    what: str
    ours: str
    against: str
    ratio: float
    unit: str
    goal: Goal | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        goal = f"{self.goal.sign} {self.goal.bound:g}" if self.goal else ""
        verdict = ("met" if self.goal.met(self.ratio) else "MISSED") if self.goal else ""
        return self.what, self.ours, self.against, f"{_number(self.ratio)} × {self.unit}", goal, verdict


def draw(rows: list[Row]) -> str:
    """Format the rows as a table for both the terminal and Markdown."""
    cells = [HEADING, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(line, widths) for line in (cells[0], rule, *cells[1:]))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)) + " |"


def _number(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"
