"""Daily counts of several series, as a chart.

A day without data is unknown, not zero. Slack's charts can't have gaps, so the label of such a day is marked."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.messages.text_fallback import NO_DATA_MARK
from bot.questions.chart import MAX_CHART_POINTS, MAX_LABEL_CHARS, ChartReply, Line, Lines, unique_labels
from bot.questions.day_range import DAYS_PER_WEEK, HOUR_MS, Days
from bot.questions.timeseries import Buckets

LABEL_LENGTH_LIMITS = (DAYS_PER_WEEK, DAYS_PER_WEEK + 1)  # how many points fit with long labels, and with short ones

CountsByDay = Mapping[int, Number]  # by index of the day; a missing day is unknown


@dataclass(frozen=True)
class DailySeries:
    """Named counts per day."""

    name: str
    counts: CountsByDay


@dataclass(frozen=True)
class SeriesSet:
    """Several series over the same days; those without any data are omitted."""

    days: Days
    all_series: tuple[DailySeries, ...]

    @property
    def series_with_data(self) -> tuple[DailySeries, ...]:
        return tuple(series for series in self.all_series if series.counts)

    @property
    def lines(self) -> Lines | None:
        if not self._points:
            return None
        names = unique_labels(series.name for series in self.series_with_data)
        return Lines(
            labels=tuple(self._label(days) for days in self._points),
            series=tuple(
                Line(name=name, values=tuple(sum(series.counts.get(n, 0) for n in days) for days in self._points))
                for name, series in zip(names, self.series_with_data, strict=True)
            ),
        )

    @property
    def point_width(self) -> str:
        """The time that one point covers, if more than a day."""
        return humanize.count(self._days_per_point, "day") if self._days_per_point > 1 else ""

    @property
    def _days_per_point(self) -> int:
        return ceil(len(self.days.dates) / MAX_CHART_POINTS)

    @cached_property
    def _points(self) -> list[range]:
        """The indexes of the days of each point; empty if nothing happened at all."""
        total = len(self.days.dates)
        points = [range(n, min(n + self._days_per_point, total)) for n in range(0, total, self._days_per_point)]
        return points if any(map(self._has_events, points)) else []

    def _label(self, days: range) -> str:
        """Return the label of a point: its first day, marked if data is missing.

        With many points, labels are shorter so that they don't overlap."""
        gap_mark = "" if self._is_complete(days) else NO_DATA_MARK
        first_fitting = bisect_left(LABEL_LENGTH_LIMITS, len(self._points))
        names = (
            names[days[0]]
            for names in (self.days.names, self.days.short_names, self.days.shortest_names)[first_fitting:]
        )
        return next(name + gap_mark for name in names if len(name + gap_mark) <= MAX_LABEL_CHARS)

    def _has_events(self, days: Iterable[int]) -> bool:
        return any(series.counts.get(n) for n in days for series in self.series_with_data)

    def _is_complete(self, days: Iterable[int]) -> bool:
        return all(n in series.counts for n in days for series in self.series_with_data)


def deploys_by_day(days: Days, reply: ChartReply) -> CountsByDay:
    """Count the deployments of each day that has data."""
    return sum_by_day(days, Buckets(reply.series or [], HOUR_MS, days.zone).totals_by_time)


def sum_by_day(days: Days, hours: Mapping[Number, Number]) -> CountsByDay:
    """Add up hours to days; an hour belongs to the day on which it starts."""
    totals: dict[int, Number] = {}
    for hour, amount in hours.items():
        day = days.index_of(hour)
        if day is not None:
            totals[day] = totals.get(day, 0) + amount
    return totals


def count_by_day(days: Days, times: Iterable[float | None], *, has_unread: bool) -> CountsByDay:
    """Count events per day. Events are read newest first, so with unread events, earlier days are unknown."""
    counts = Counter(day for at in times if (day := days.index_of(at)) is not None)
    first_known = min(counts, default=len(days.dates)) if has_unread else 0
    return {n: counts[n] for n in range(first_known, len(days.dates))}
