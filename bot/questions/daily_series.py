"""What happened day by day, side by side: as a chart, and in words.

A day without data is a gap, not a day on which nothing happened. A chart takes no gaps, so the day keeps its place
there and is marked; in words it has no number."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.messages.text_fallback import GAP
from bot.questions.chart import LONGEST_LABEL, MOST_POINTS, ChartReply, Line, Lines, labels
from bot.questions.day_range import HOUR, WEEK, Days
from bot.questions.timeseries import Buckets

MAX_POINTS = (WEEK, WEEK + 1)  # that have room for long names, and for short ones

Counts = Mapping[int, Number]  # by the number of the day; a day that is not there is not known


@dataclass(frozen=True)
class Daily:
    """How often something happened, how a chart calls it, and where that is not enough, what one of it is called."""

    name: str
    counts: Counts
    once: str = ""

    def said(self, some: Iterable[int]) -> str:
        """How often on some days, as far as is known."""
        known = [self.counts[n] for n in some if n in self.counts]
        if not known:
            return f"no {self.once} data" if self.once else f"no data on {self.name}"
        return humanize.count(sum(known), self.once) if self.once else f"{self.name} {humanize.number(sum(known))}"


@dataclass(frozen=True)
class SideBySide:
    """Several over the same days; one without any data is left out."""

    days: Days
    given: tuple[Daily, ...]

    @property
    def known(self) -> tuple[Daily, ...]:
        return tuple(daily for daily in self.given if daily.counts)

    @property
    def lines(self) -> Lines | None:
        if not self._points:
            return None
        names = labels(daily.name for daily in self.known)
        return Lines(
            labels=tuple(self._label(some) for some in self._points),
            series=tuple(
                Line(name=name, values=tuple(sum(daily.counts.get(n, 0) for n in some) for some in self._points))
                for name, daily in zip(names, self.known, strict=True)
            ),
        )

    @property
    def spoken(self) -> Iterator[str]:
        """The same in words, point by point."""
        for some in self._points:
            known = any(n in daily.counts for daily in self.known for n in some)
            said = humanize.joined([daily.said(some) for daily in self.known]) if known else "no data"
            yield f"{'from ' if len(some) > 1 else ''}{self.days.names[some[0]]} {said}"

    @property
    def folded(self) -> str:
        """What one point stands for, where it is more than a day."""
        return humanize.count(self._folds, "day") if self._folds > 1 else ""

    @property
    def _folds(self) -> int:
        return ceil(len(self.days.dates) / MOST_POINTS)

    @cached_property
    def _points(self) -> list[range]:
        """The days by point; there are none where nothing happened at all."""
        many = len(self.days.dates)
        points = [range(n, min(n + self._folds, many)) for n in range(0, many, self._folds)]
        return points if any(map(self._happened, points)) else []

    def _label(self, some: range) -> str:
        """The day of a point, or the first of several, marked where data is missing; shorter where names would run
        into each other."""
        mark = "" if self._complete(some) else GAP
        shorter = bisect_left(MAX_POINTS, len(self._points))
        names = (
            names[some[0]] for names in (self.days.names, self.days.short_names, self.days.shortest_names)[shorter:]
        )
        return next(name + mark for name in names if len(name + mark) <= LONGEST_LABEL)

    def _happened(self, some: Iterable[int]) -> bool:
        return any(daily.counts.get(n) for n in some for daily in self.known)

    def _complete(self, some: Iterable[int]) -> bool:
        return all(n in daily.counts for n in some for daily in self.known)


def deployed(days: Days, reply: ChartReply) -> Counts:
    """The deployments of each day that has data."""
    return by_day(days, Buckets(reply.series or [], HOUR, days.zone).sums)


def by_day(days: Days, hours: Mapping[Number, Number]) -> Counts:
    """Add hours up to days; an hour belongs to the day on which it begins."""
    found: dict[int, Number] = {}
    for x, many in hours.items():
        day = days.day(x)
        if day is not None:
            found[day] = found.get(day, 0) + many
    return found


def happened(days: Days, times: Iterable[float | None], *, unread: bool) -> Counts:
    """What happened on each day. The newest come first: where some were not read, earlier days are unknown."""
    found = Counter(day for at in times if (day := days.day(at)) is not None)
    first = min(found, default=len(days.dates)) if unread else 0
    return {n: found[n] for n in range(first, len(days.dates))}
