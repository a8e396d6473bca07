"""Charts: LaunchDarkly's replies, their buckets over time, and the chart data that Slack can draw.

A bucket without a point is a gap, not zero: averages ignore it, and its label is marked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from math import ceil, floor
from zoneinfo import ZoneInfo

from bot.launchdarkly import Number, Reply
from bot.lines.timespec import MILLISECONDS_PER_UNIT
from bot.messages import humanize
from bot.messages.message import NO_DATA_MARK
from bot.questions.base import View
from bot.questions.time_range import Window

# These satisfy every version of Slack's rules: 20 points, 6 lines or slices, and unique names of 20 characters.
# https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
MAX_CHART_POINTS = 20
MAX_CHART_SERIES = 6
MAX_LABEL_CHARS = 20
OTHER = "Other"
UNITS = {MILLISECONDS_PER_UNIT["h"]: "hour", MILLISECONDS_PER_UNIT["d"]: "day", MILLISECONDS_PER_UNIT["w"]: "week"}
MAX_TIMESTAMP_MS = humanize.MAX_TIMESTAMP * 1000
MAX_NAMED_GAPS = 7  # more are only counted


class Point(Reply):
    x: Number | None = None
    y: Number | None = None


class SeriesMetadata(Reply):
    name: str | None = None
    count: Number | None = None


class Series(Reply):
    metadata: SeriesMetadata
    data: list[Point] | None = None


class Tier(Reply):
    indicator: str | None = None
    description: str | None = None


class Metric(Reply):
    indicator: str | None = None
    value: Number | None = None
    unit: str | None = None
    modifier: str | None = None
    tiers: list[Tier] | None = None


class ChartMetadata(Reply):
    metrics: dict[str, Metric | None] | None = None


class ChartReply(Reply):
    metadata: ChartMetadata
    series: list[Series] | None


class Slice(View):
    """One slice of a pie chart."""

    label: str
    value: Number


class Line(View):
    """One line of a line chart, or one set of bars."""

    name: str
    values: tuple[Number, ...]


class Lines(View):
    """Several lines over the same points."""

    labels: tuple[str, ...]
    series: tuple[Line, ...]


def unique_labels(names: Iterable[str]) -> list[str]:
    """Shorten names for a chart, and number those that would repeat."""
    unique: list[str] = []
    for name in names:
        label = humanize.truncate_text(name, MAX_LABEL_CHARS) or "–"
        suffix = 2
        while label in unique:
            label = f"{humanize.truncate_text(name, MAX_LABEL_CHARS - 4)} {suffix}"
            suffix += 1
        unique.append(label)
    return unique


def has_merged_slices(counts: list[tuple[str, Number]]) -> bool:
    """Return whether `pie_slices` merges some of these into "Other"."""
    return len(_positive(counts)) > MAX_CHART_SERIES


def pie_slices(counts: list[tuple[str, Number]]) -> tuple[Slice, ...]:
    """Build slices for the positive counts. The smallest are merged if there are too many."""
    positive = _positive(counts)
    if len(positive) > MAX_CHART_SERIES:
        largest = sorted(positive, key=lambda pair: pair[1], reverse=True)[: MAX_CHART_SERIES - 1]
        rest = sum(value for name, value in positive if (name, value) not in largest)
        positive = [pair for pair in positive if pair in largest] + [(OTHER, rest)]
    names = unique_labels(name for name, _ in positive)
    return tuple(Slice(label=label, value=value) for label, (_, value) in zip(names, positive, strict=True))


def _positive(counts: list[tuple[str, Number]]) -> list[tuple[str, Number]]:
    return [(name, value) for name, value in counts if value > 0]


def gap_note(missing: int, total: str, names: str) -> str:
    """Write the footnote of a chart with gaps."""
    named = f": {names}" if names else ""
    return f"† No data for {missing:,} of {total}{named}. Averages leave {'it' if missing == 1 else 'them'} out."


@dataclass(frozen=True)
class Buckets:
    """Several series over the same time, in buckets of `width_ms` milliseconds."""

    series: list[Series]
    width_ms: int
    zone: ZoneInfo
    calendar_aligned: bool = False  # buckets are whole hours or days, instead of counting back from the window's end
    window: Window | None = None  # the requested window; without it, gaps at the edges are unknown

    @cached_property
    def values_by_series(self) -> dict[str, dict[Number, Number]]:
        """The values of each series by time; series of the same name are merged."""
        by_series: dict[str, dict[Number, Number]] = {}
        for series in self.series:
            values = by_series.setdefault(humanize.truncate_text(series.metadata.name or "unnamed", 60), {})
            for point in series.data or ():
                if point.x is not None and point.y is not None and 0 < point.x < MAX_TIMESTAMP_MS:
                    values[point.x] = values.get(point.x, 0) + point.y
        return by_series

    @cached_property
    def totals_by_time(self) -> dict[Number, Number]:
        """The sum of all series by time."""
        times = sorted({x for values in self.values_by_series.values() for x in values})
        return {x: sum(values.get(x, 0) for values in self.values_by_series.values()) for x in times}

    @property
    def total(self) -> Number:
        return sum(self.totals_by_time.values())

    @property
    def has_data(self) -> bool:
        return bool(self.totals_by_time)

    @property
    def incomplete_note(self) -> str:
        """Empty: which buckets are incomplete is unknown."""
        return ""

    @property
    def unit(self) -> str:
        """The name of one bucket's width."""
        return UNITS.get(self.width_ms) or humanize.count(self.width_ms // MILLISECONDS_PER_UNIT["m"], "minute")

    def average(self) -> str:
        """Format the average over the buckets with data."""
        return (
            f"{humanize.number(self.total / len(self.totals_by_time))} per {self.unit}" if self.totals_by_time else ""
        )

    def extreme(self, pick: Callable[..., Number]) -> str:
        """Format the best or worst bucket with its time; of equal ones, the latest."""
        if not self.totals_by_time:
            return ""
        amount = pick(self.totals_by_time.values())
        time = next(x for x in reversed(self.totals_by_time) if self.totals_by_time[x] == amount)
        return f"{humanize.number(amount)} ({self._label(time)})"

    @property
    def gaps_note(self) -> str:
        """The footnote on buckets without data: how many, and if they are few, which."""
        if not self.totals_by_time or self.window is None:
            return ""
        expected, missing = len(self._bucket_range), len(self._bucket_range) - len(self._times_by_bucket)
        if not missing:
            return ""
        names = (
            [self._label(self._bucket_start(n)) for n in self._bucket_range if n not in self._times_by_bucket]
            if missing <= MAX_NAMED_GAPS
            else []
        )
        total = humanize.count(expected, self.unit if self.width_ms in UNITS else "piece")
        return gap_note(missing, total, humanize.join_with_and(names))

    @cached_property
    def _first_time(self) -> Number:
        return next(iter(self.totals_by_time))

    @cached_property
    def _times_by_bucket(self) -> dict[int, list[Number]]:
        """The times with data by bucket number. Numbers are rounded, since a day may have 23 or 25 hours."""
        by_bucket: dict[int, list[Number]] = {}
        for x in self.totals_by_time:
            by_bucket.setdefault(round((x - self._first_time) / self.width_ms), []).append(x)
        return by_bucket

    @cached_property
    def _bucket_range(self) -> range:
        """The numbers of all buckets that are expected to have data or have some.

        The first and last calendar-aligned buckets are only partly in the window, so they count only if they have data.
        LaunchDarkly doesn't document when its days start: all are assumed to start at the same hour as the first.
        """
        low, high = min(self._times_by_bucket), max(self._times_by_bucket) + 1
        if self.window is None:
            return range(low, high)
        start, end = ((at - self._first_time) / self.width_ms for at in self.window.milliseconds)
        if self.calendar_aligned:
            return range(min(low, ceil(start)), max(high, floor(end)))
        return range(min(low, round(start)), max(high, round(start) + round(end - start)))

    def _bucket_start(self, n: int) -> Number:
        """Return the start of a bucket, plus two hours for a day without data: then DST can't shift its date."""
        if n in self._times_by_bucket:
            return self._times_by_bucket[n][0]
        on_day = self.calendar_aligned and self.width_ms == MILLISECONDS_PER_UNIT["d"]
        return self._first_time + n * self.width_ms + (2 * MILLISECONDS_PER_UNIT["h"] if on_day else 0)

    @cached_property
    def buckets_per_point(self) -> int:
        """How many buckets one point of the chart covers."""
        return ceil(len(self._bucket_range) / MAX_CHART_POINTS) if self.totals_by_time else 1

    @property
    def point_width(self) -> str:
        """The time that one point covers, if more than a bucket."""
        return humanize.count(self.buckets_per_point, self.unit) if self.buckets_per_point > 1 else ""

    def build_lines(self) -> Lines | None:
        """Build the chart's lines. At a point with data for some series, the others are 0."""
        if not self.totals_by_time:
            return None
        first_buckets = self._bucket_range[:: self.buckets_per_point]
        times: list[list[Number]] = [[] for _ in first_buckets]
        for n, xs in self._times_by_bucket.items():
            times[(n - self._bucket_range.start) // self.buckets_per_point] += xs
        summed = [(name, [sum(points.get(x, 0) for x in xs) for xs in times]) for name, points in self.top_series()]
        names = unique_labels(name for name, _ in summed)
        marks = ["" if xs else NO_DATA_MARK for xs in times]
        return Lines(
            labels=tuple(
                unique_labels(
                    self._label(self._bucket_start(n)) + mark for n, mark in zip(first_buckets, marks, strict=True)
                )
            ),
            series=tuple(
                Line(name=name, values=tuple(values)) for name, (_, values) in zip(names, summed, strict=True)
            ),
        )

    @cached_property
    def ranked_totals(self) -> list[tuple[str, Number]]:
        """The series and their totals, the largest first."""
        totals = ((name, sum(values.values())) for name, values in self.values_by_series.items() if values)
        return sorted(totals, key=lambda pair: pair[1], reverse=True)

    @property
    def merged_count(self) -> int:
        """How many series the chart merges into one."""
        return len(self.ranked_totals) - MAX_CHART_SERIES + 1 if len(self.ranked_totals) > MAX_CHART_SERIES else 0

    def top_series(self) -> Iterable[tuple[str, dict[Number, Number]]]:
        """Yield the series to draw, the smallest merged into "Other"."""
        names = [name for name, _ in self.ranked_totals]
        shown_alone = names[: len(names) - self.merged_count]
        yield from ((name, self.values_by_series[name]) for name in shown_alone)
        if self.merged_count:
            rest = [self.values_by_series[name] for name in names[len(shown_alone) :]]
            yield OTHER, {x: sum(values.get(x, 0) for values in rest) for x in self.totals_by_time}

    @cached_property
    def _label_zone(self) -> tzinfo:
        """UTC if every bucket starts at midnight UTC, since those are UTC days for every reader."""
        return UTC if all(time % MILLISECONDS_PER_UNIT["d"] == 0 for time in self.totals_by_time) else self.zone

    @cached_property
    def _label_format(self) -> str:
        """The format of labels: with the hour if buckets aren't days, with the year if the chart spans two."""
        if self.width_ms % MILLISECONDS_PER_UNIT["d"]:
            return "%-d %b %H:%M"
        times = list(self.totals_by_time)
        return "%-d %b %Y" if times[-1] - times[0] > 300 * MILLISECONDS_PER_UNIT["d"] else "%-d %b"

    def _label(self, time: Number) -> str:
        return datetime.fromtimestamp(time / 1000, self._label_zone).strftime(self._label_format)
