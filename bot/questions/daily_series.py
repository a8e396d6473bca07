"""Counts per calendar day in the reader's time zone: as a chart, and deployments against large changes.

A day without data is unknown, not zero. Slack's charts can't have gaps, so the label of such a day is marked.

LaunchDarkly's daily buckets follow its own days. Hours can be added up to the days of any time zone."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.messages.message import NO_DATA_MARK
from bot.questions.chart import (
    MAX_CHART_POINTS,
    MAX_LABEL_CHARS,
    Buckets,
    ChartReply,
    Line,
    Lines,
    Series,
    gap_note,
    unique_labels,
)
from bot.questions.time_range import DAYS_PER_WEEK, HOUR_MS, Days, Window

LABEL_LENGTH_LIMITS = (DAYS_PER_WEEK, DAYS_PER_WEEK + 1)  # how many points fit with long labels, and with short ones
HOURLY_PARAMETERS = (("bucketType", "hour"), ("bucketMs", str(HOUR_MS)))

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


def hour_aligned_window(days: Days) -> Window:
    """Return the window to request, widened to whole hours: a partial hour would count toward the wrong day."""
    start, end = days.full_window.milliseconds
    return Window.from_range(start // HOUR_MS * HOUR_MS, min(-(-end // HOUR_MS) * HOUR_MS, days.now), days.zone)


@dataclass(frozen=True)
class CalendarDays:
    """Several series over the same days."""

    series: list[Series]
    days: Days

    @cached_property
    def hours(self) -> Buckets:
        return Buckets(self.series, HOUR_MS, self.days.zone)

    @cached_property
    def counts(self) -> CountsByDay:
        """The sum of all series for each day that has data."""
        return sum_by_day(self.days, self.hours.totals_by_time)

    @property
    def has_data(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> Number:
        return sum(self.counts.values())

    @property
    def ranked_totals(self) -> list[tuple[str, Number]]:
        """The series and their totals, the largest first."""
        totals = (
            (name, sum(self._by_day(values).values())) for name, values in self.hours.values_by_series.items() if values
        )
        return sorted(totals, key=lambda pair: pair[1], reverse=True)

    @property
    def merged_count(self) -> int:
        """How many series the chart merges into one."""
        return self.hours.merged_count

    @property
    def incomplete_note(self) -> str:
        """The counts on incomplete days, if other days are complete."""
        if not self._full_day_counts:
            return ""
        days_with_data = [n for n in self.days.incomplete_suffixes if n in self.counts]
        return humanize.join_with_and(
            [f"{humanize.number(self.counts[n])} on {self.days.names[n]}" for n in days_with_data]
        )

    def average(self) -> str:
        """Format the average over the complete days that have data."""
        return (
            f"{humanize.number(sum(self._full_day_counts.values()) / len(self._full_day_counts))} per day"
            if self._full_day_counts
            else ""
        )

    def extreme(self, pick: Callable[..., Number]) -> str:
        """Format the best or worst complete day; of equal days, the latest."""
        if not self._full_day_counts:
            return ""
        amount = pick(self._full_day_counts.values())
        day = max(n for n in self._full_day_counts if self._full_day_counts[n] == amount)
        return f"{humanize.number(amount)} ({self.days.names[day]})"

    @property
    def gaps_note(self) -> str:
        """The footnote that names the days without data."""
        total = len(self.days.dates)
        missing = [n for n in range(total) if n not in self.counts]
        if not missing or not self.counts:
            return ""
        return gap_note(len(missing), humanize.count(total, "day"), self.days.names_of(missing))

    @property
    def point_width(self) -> str:
        """The time that one point covers, if more than a day."""
        return self._series_set.point_width

    def build_lines(self) -> Lines | None:
        return self._series_set.lines

    @cached_property
    def _full_day_counts(self) -> CountsByDay:
        return {n: count for n, count in self.counts.items() if n not in self.days.incomplete_suffixes}

    @cached_property
    def _series_set(self) -> SeriesSet:
        """The series to draw. On a day with data for some series, the others are 0."""
        top_series = [(name, self._by_day(values)) for name, values in self.hours.top_series()]
        return SeriesSet(
            self.days,
            tuple(DailySeries(name, {n: values.get(n, 0) for n in self.counts}) for name, values in top_series),
        )

    def _by_day(self, hours: Mapping[Number, Number]) -> CountsByDay:
        return sum_by_day(self.days, hours)


@dataclass(frozen=True)
class DeploysVsChanges:
    """The deployments and large changes of each day, as far as each is known."""

    days: Days
    deploy_counts: CountsByDay
    change_counts: CountsByDay
    has_unread: bool  # whether there are more changes than were read

    @property
    def chart(self) -> SeriesSet:
        series = (
            DailySeries("Deployments", self.deploy_counts),
            DailySeries("Large changes", self.change_counts),
        )
        return SeriesSet(self.days, series)

    @property
    def deployments_total(self) -> str:
        """The number of deployments; empty if unknown."""
        return humanize.count(sum(self.deploy_counts.values()), "deployment") if self.deploy_counts else ""

    @property
    def days_with_changes_only(self) -> list[int]:
        """The days with large changes and no deployment, excluding days without deployment data."""
        return [n for n in self._comparable_days if self.change_counts.get(n) and self.deploy_counts.get(n) == 0]

    @property
    def days_with_deploys_only(self) -> list[int]:
        """The days with deployments and no large change, excluding days whose changes are unknown."""
        return [n for n in self._comparable_days if self.deploy_counts.get(n) and self.change_counts.get(n) == 0]

    @property
    def changes_without_deploy_data(self) -> list[int]:
        """The days with large changes but no deployment data."""
        return [n for n in self._comparable_days if self.change_counts.get(n) and n not in self.deploy_counts]

    @property
    def days_with_both(self) -> list[int]:
        return [n for n in self._comparable_days if self.deploy_counts.get(n) and self.change_counts.get(n)]

    @property
    def gaps(self) -> str:
        """The names of the days without deployment data, if other days have some."""
        return self.days.names_of(n for n in self._comparable_days if n not in self.deploy_counts)

    @property
    def partial_until(self) -> str:
        """The name of the earliest day with known changes, if earlier ones weren't all read."""
        return self.days.names[min(self.change_counts)] if self.has_unread and self.change_counts else ""

    @property
    def needs_utc_offset_note(self) -> bool:
        """Whether days start within one of LaunchDarkly's hours, because of the time zone's offset."""
        return bool(self.deploy_counts) and not self.days.aligned_to_hours

    @property
    def _comparable_days(self) -> range:
        """The indexes of the days that can be compared; none without any deployment data."""
        return range(len(self.days.dates) if self.deploy_counts else 0)
