"""A chart over time by calendar day in the reader's time zone, summed from hourly buckets.

LaunchDarkly's daily buckets follow its own days. Hours can be added up to the days of any time zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.questions.chart import Lines, Series
from bot.questions.daily_series import CountsByDay, DailySeries, SeriesSet, sum_by_day
from bot.questions.day_range import HOUR_MS, Days
from bot.questions.time_window import Window
from bot.questions.timeseries import Buckets, gap_note

HOURLY_PARAMETERS = (("bucketType", "hour"), ("bucketMs", str(HOUR_MS)))


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
