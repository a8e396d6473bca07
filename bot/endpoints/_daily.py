"""What happened day by day, side by side: as a chart, and in words.

A day of which nothing is known is no day on which nothing happened. A chart takes no gaps, so there it stands at 0 and
is marked; in words it is left out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from zoneinfo import ZoneInfo

from bot.endpoints import _words
from bot.endpoints._buckets import Buckets
from bot.endpoints._chart import MOST_POINTS, ChartReply, Line, Lines, labels
from bot.endpoints._days import HOUR, WEEK, Days
from bot.launchdarkly import Number

UNKNOWN = " †"

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
            return ""
        return _words.count(sum(known), self.once) if self.once else f"{self.name} {_words.number(sum(known))}"


@dataclass(frozen=True)
class SideBySide:
    """Several over the same days; whatever nothing is known of is left out."""

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
            said = [words for daily in self.known if (words := daily.said(some))]
            yield f"{'from ' if len(some) > 1 else ''}{self.days.names[some[0]]} {_words.joined(said)}"

    @property
    def folded(self) -> str:
        """What one point stands for, where it is more than a day."""
        return _words.count(self._folds, "day") if self._folds > 1 else ""

    @property
    def _folds(self) -> int:
        return ceil(len(self.days.dates) / MOST_POINTS)

    @cached_property
    def _points(self) -> list[range]:
        """The days by point. One is left out where nothing is known to have happened, and not all is known."""
        many = len(self.days.dates)
        points = [range(n, min(n + self._folds, many)) for n in range(0, many, self._folds)]
        drawn = [some for some in points if self._happened(some) or self._complete(some)]
        return drawn if any(map(self._happened, drawn)) else []

    def _label(self, some: range) -> str:
        """The day of a point, or the first of several; without its weekday where names would run into each other."""
        day = self.days.names[some[0]] if len(self._points) <= WEEK else f"{self.days.dates[some[0]]:%-d %b}"
        return day if self._complete(some) else day + UNKNOWN

    def _happened(self, some: Iterable[int]) -> bool:
        return any(daily.counts.get(n) for n in some for daily in self.known)

    def _complete(self, some: Iterable[int]) -> bool:
        return all(any(n in daily.counts for n in some) for daily in self.known)


def deployed(days: Days, reply: ChartReply, zone: ZoneInfo) -> Counts:
    """The deployments of each day that sent any.

    They are to be asked by the hour; the first hour may begin before midnight."""
    found: dict[int, Number] = {}
    for x, many in Buckets(reply.series or [], HOUR, zone).sums.items():
        day = days.day(max(x, days.start) if x > days.start - HOUR else x)
        if day is not None:
            found[day] = found.get(day, 0) + many
    return found


def happened(days: Days, times: Iterable[float | None], *, unread: bool) -> Counts:
    """What happened on each day. The newest come first: where some were not read, earlier days are unknown."""
    found = Counter(day for at in times if (day := days.day(at)) is not None)
    first = min(found, default=len(days.dates)) if unread else 0
    return {n: found[n] for n in range(first, len(days.dates))}
