"""The points of a chart over time: added up, named, and folded where there are more than can be drawn.

A bucket without a point is a gap, which is not zero: it is left out of the averages, and marked where it is drawn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from math import ceil, floor
from zoneinfo import ZoneInfo

from bot.launchdarkly import Number
from bot.lines.timespec import MILLISECONDS
from bot.messages import humanize
from bot.messages.text_fallback import GAP
from bot.questions.chart import MOST_LINES, MOST_POINTS, OTHER, Line, Lines, Series, labels
from bot.questions.time_window import Window

UNITS = {MILLISECONDS["h"]: "hour", MILLISECONDS["d"]: "day", MILLISECONDS["w"]: "week"}
FARTHEST = humanize.LATEST * 1000
MAX_NAMED = 7  # pieces without data; more are only counted


def gap_note(missing: int, of: str, names: str) -> str:
    """The footnote of a chart with gaps."""
    named = f": {names}" if names else ""
    return f"† No data for {missing:,} of {of}{named}. Averages leave {'it' if missing == 1 else 'them'} out."


@dataclass(frozen=True)
class Buckets:
    """Some series over the same time, cut into pieces *every* so many milliseconds."""

    series: list[Series]
    every: int
    zone: ZoneInfo
    on_clock: bool = False  # hours or days of the clock, rather than pieces that end with the window
    window: Window | None = None  # that was asked for; without it, nothing is known to be missing

    @cached_property
    def points(self) -> dict[str, dict[Number, Number]]:
        """What each series says, by time; two series of one name are one."""
        found: dict[str, dict[Number, Number]] = {}
        for series in self.series:
            said = found.setdefault(humanize.short(series.metadata.name or "without a name", 60), {})
            for point in series.data or ():
                if point.x is not None and point.y is not None and 0 < point.x < FARTHEST:
                    said[point.x] = said.get(point.x, 0) + point.y
        return found

    @cached_property
    def sums(self) -> dict[Number, Number]:
        """All series together, by time."""
        times = sorted({x for said in self.points.values() for x in said})
        return {x: sum(said.get(x, 0) for said in self.points.values()) for x in times}

    @property
    def total(self) -> Number:
        return sum(self.sums.values())

    @property
    def known(self) -> bool:
        """Whether there is any data at all."""
        return bool(self.sums)

    @property
    def incomplete(self) -> str:
        """Pieces end with the window, so none is known to be incomplete."""
        return ""

    @property
    def unit(self) -> str:
        """What one piece is called."""
        return UNITS.get(self.every) or humanize.count(self.every // MILLISECONDS["m"], "minute")

    def average(self) -> str:
        """Over the pieces that sent anything."""
        return f"{humanize.number(self.total / len(self.sums))} per {self.unit}" if self.sums else ""

    def extreme(self, choose: Callable[..., Number]) -> str:
        """The best or the worst piece, with when it was; the later one of two that are alike."""
        if not self.sums:
            return ""
        amount = choose(self.sums.values())
        when = next(x for x in reversed(self.sums) if self.sums[x] == amount)
        return f"{humanize.number(amount)} ({self._name(when)})"

    @property
    def gaps(self) -> str:
        """The pieces of the window that sent nothing at all: how many, and where they are few, which."""
        if not self.sums or self.window is None:
            return ""
        many, missing = len(self._span), len(self._span) - len(self._sent)
        if not missing:
            return ""
        names = [self._name(self._begin(n)) for n in self._span if n not in self._sent] if missing <= MAX_NAMED else []
        of = humanize.count(many, self.unit if self.every in UNITS else "piece")
        return gap_note(missing, of, humanize.joined(names))

    @cached_property
    def _first(self) -> Number:
        return next(iter(self.sums))

    @cached_property
    def _sent(self) -> dict[int, list[Number]]:
        """The times of which something was sent, by the number of their piece. A day may have 23 hours, or 25."""
        found: dict[int, list[Number]] = {}
        for x in self.sums:
            found.setdefault(round((x - self._first) / self.every), []).append(x)
        return found

    @cached_property
    def _span(self) -> range:
        """All pieces that should have sent something, and those that did.

        Of those on the clock, the first and the last lie in the window only in part, so they count only where they
        sent. When LaunchDarkly's days begin is not documented: all begin at the hour at which the first does.
        """
        low, high = min(self._sent), max(self._sent) + 1
        if self.window is None:
            return range(low, high)
        start, end = ((at - self._first) / self.every for at in self.window.milliseconds)
        if self.on_clock:
            return range(min(low, ceil(start)), max(high, floor(end)))
        return range(min(low, round(start)), max(high, round(start) + round(end - start)))

    def _begin(self, n: int) -> Number:
        """When a piece begins, also one that sent nothing: by two hours later, a changed clock makes no other day."""
        if n in self._sent:
            return self._sent[n][0]
        on_day = self.on_clock and self.every == MILLISECONDS["d"]
        return self._first + n * self.every + (2 * MILLISECONDS["h"] if on_day else 0)

    @cached_property
    def folds(self) -> int:
        """How many pieces are drawn as one."""
        return ceil(len(self._span) / MOST_POINTS) if self.sums else 1

    @property
    def folded(self) -> str:
        """What one drawn point stands for, where it is more than a piece."""
        return humanize.count(self.folds, self.unit) if self.folds > 1 else ""

    def lines(self) -> Lines | None:
        """A value for each series at each point; where only some series have one, the others stand at 0."""
        if not self.sums:
            return None
        begins = self._span[:: self.folds]
        times: list[list[Number]] = [[] for _ in begins]
        for n, xs in self._sent.items():
            times[(n - self._span.start) // self.folds] += xs
        drawn = [(name, [sum(said.get(x, 0) for x in xs) for xs in times]) for name, said in self.few()]
        names = labels(name for name, _ in drawn)
        marks = ["" if xs else GAP for xs in times]
        return Lines(
            labels=tuple(labels(self._name(self._begin(n)) + mark for n, mark in zip(begins, marks, strict=True))),
            series=tuple(Line(name=name, values=tuple(values)) for name, (_, values) in zip(names, drawn, strict=True)),
        )

    def spoken(self) -> tuple[str, ...]:
        """The same in words, point by point."""
        lines = self.lines()
        return lines.spoken if lines else ()

    @cached_property
    def ranked(self) -> list[tuple[str, Number]]:
        """The series by how much they hold, the largest first."""
        totals = ((name, sum(said.values())) for name, said in self.points.items() if said)
        return sorted(totals, key=lambda pair: pair[1], reverse=True)

    @property
    def others(self) -> int:
        """How many series are drawn together as one."""
        return len(self.ranked) - MOST_LINES + 1 if len(self.ranked) > MOST_LINES else 0

    def few(self) -> Iterable[tuple[str, dict[Number, Number]]]:
        """No more series than can be drawn, the smallest added up."""
        names = [name for name, _ in self.ranked]
        alone = names[: len(names) - self.others]
        yield from ((name, self.points[name]) for name in alone)
        if self.others:
            rest = [self.points[name] for name in names[len(alone) :]]
            yield OTHER, {x: sum(said.get(x, 0) for said in rest) for x in self.sums}

    @cached_property
    def _clock(self) -> tzinfo:
        """Days that begin at midnight in UTC are days of UTC, wherever the reader is."""
        return UTC if all(time % MILLISECONDS["d"] == 0 for time in self.sums) else self.zone

    @cached_property
    def _dated(self) -> str:
        """How a piece is named: with its hour where it is no day, with its year where there are two of them."""
        if self.every % MILLISECONDS["d"]:
            return "%-d %b %H:%M"
        times = list(self.sums)
        return "%-d %b %Y" if times[-1] - times[0] > 300 * MILLISECONDS["d"] else "%-d %b"

    def _name(self, x: Number) -> str:
        """When a piece began."""
        return datetime.fromtimestamp(x / 1000, self._clock).strftime(self._dated)
