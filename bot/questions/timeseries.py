"""The points of a chart over time: added up, named, and folded where there are more than can be drawn.

A bucket without a point is a gap, which is not zero: it is left out of the averages, and marked where it is drawn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from math import ceil, floor
from zoneinfo import ZoneInfo

from bot.launchdarkly import Number
from bot.lines.timespec import MILLISECONDS_PER_UNIT
from bot.messages import humanize
from bot.messages.text_fallback import NO_DATA_MARK
from bot.questions.chart import MAX_CHART_POINTS, MAX_CHART_SERIES, OTHER, Line, Lines, Series, unique_labels
from bot.questions.time_window import Window

UNITS = {MILLISECONDS_PER_UNIT["h"]: "hour", MILLISECONDS_PER_UNIT["d"]: "day", MILLISECONDS_PER_UNIT["w"]: "week"}
MAX_TIMESTAMP_MS = humanize.MAX_TIMESTAMP * 1000
MAX_NAMED_GAPS = 7  # pieces without data; more are only counted


def gap_note(missing: int, total: str, names: str) -> str:
    """The footnote of a chart with gaps."""
    named = f": {names}" if names else ""
    return f"† No data for {missing:,} of {total}{named}. Averages leave {'it' if missing == 1 else 'them'} out."


@dataclass(frozen=True)
class Buckets:
    """Some series over the same time, cut into pieces *every* so many milliseconds."""

    series: list[Series]
    width_ms: int
    zone: ZoneInfo
    calendar_aligned: bool = False  # hours or days of the clock, rather than pieces that end with the window
    window: Window | None = None  # that was asked for; without it, nothing is known to be missing

    @cached_property
    def values_by_series(self) -> dict[str, dict[Number, Number]]:
        """What each series says, by time; two series of one name are one."""
        by_series: dict[str, dict[Number, Number]] = {}
        for series in self.series:
            values = by_series.setdefault(humanize.truncate_text(series.metadata.name or "without a name", 60), {})
            for point in series.data or ():
                if point.x is not None and point.y is not None and 0 < point.x < MAX_TIMESTAMP_MS:
                    values[point.x] = values.get(point.x, 0) + point.y
        return by_series

    @cached_property
    def totals_by_time(self) -> dict[Number, Number]:
        """All series together, by time."""
        times = sorted({x for values in self.values_by_series.values() for x in values})
        return {x: sum(values.get(x, 0) for values in self.values_by_series.values()) for x in times}

    @property
    def total(self) -> Number:
        return sum(self.totals_by_time.values())

    @property
    def has_data(self) -> bool:
        """Whether there is any data at all."""
        return bool(self.totals_by_time)

    @property
    def incomplete_note(self) -> str:
        """Pieces end with the window, so none is known to be incomplete."""
        return ""

    @property
    def unit(self) -> str:
        """What one piece is called."""
        return UNITS.get(self.width_ms) or humanize.count(self.width_ms // MILLISECONDS_PER_UNIT["m"], "minute")

    def average(self) -> str:
        """Over the pieces that sent anything."""
        return (
            f"{humanize.number(self.total / len(self.totals_by_time))} per {self.unit}" if self.totals_by_time else ""
        )

    def extreme(self, pick: Callable[..., Number]) -> str:
        """The best or the worst piece, with when it was; the later one of two that are alike."""
        if not self.totals_by_time:
            return ""
        amount = pick(self.totals_by_time.values())
        time = next(x for x in reversed(self.totals_by_time) if self.totals_by_time[x] == amount)
        return f"{humanize.number(amount)} ({self._label(time)})"

    @property
    def gaps_note(self) -> str:
        """The pieces of the window that sent nothing at all: how many, and where they are few, which."""
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
        """The times of which something was sent, by the number of their piece. A day may have 23 hours, or 25."""
        by_bucket: dict[int, list[Number]] = {}
        for x in self.totals_by_time:
            by_bucket.setdefault(round((x - self._first_time) / self.width_ms), []).append(x)
        return by_bucket

    @cached_property
    def _bucket_range(self) -> range:
        """All pieces that should have sent something, and those that did.

        Of those on the clock, the first and the last lie in the window only in part, so they count only where they
        sent. When LaunchDarkly's days begin is not documented: all begin at the hour at which the first does.
        """
        low, high = min(self._times_by_bucket), max(self._times_by_bucket) + 1
        if self.window is None:
            return range(low, high)
        start, end = ((at - self._first_time) / self.width_ms for at in self.window.milliseconds)
        if self.calendar_aligned:
            return range(min(low, ceil(start)), max(high, floor(end)))
        return range(min(low, round(start)), max(high, round(start) + round(end - start)))

    def _bucket_start(self, n: int) -> Number:
        """When a piece begins, also one that sent nothing: by two hours later, a changed clock makes no other day."""
        if n in self._times_by_bucket:
            return self._times_by_bucket[n][0]
        on_day = self.calendar_aligned and self.width_ms == MILLISECONDS_PER_UNIT["d"]
        return self._first_time + n * self.width_ms + (2 * MILLISECONDS_PER_UNIT["h"] if on_day else 0)

    @cached_property
    def buckets_per_point(self) -> int:
        """How many pieces are drawn as one."""
        return ceil(len(self._bucket_range) / MAX_CHART_POINTS) if self.totals_by_time else 1

    @property
    def point_width(self) -> str:
        """What one drawn point stands for, where it is more than a piece."""
        return humanize.count(self.buckets_per_point, self.unit) if self.buckets_per_point > 1 else ""

    def build_lines(self) -> Lines | None:
        """A value for each series at each point; where only some series have one, the others stand at 0."""
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

    def describe_points(self) -> tuple[str, ...]:
        """The same in words, point by point."""
        lines = self.build_lines()
        return lines.descriptions if lines else ()

    @cached_property
    def ranked_totals(self) -> list[tuple[str, Number]]:
        """The series by how much they hold, the largest first."""
        totals = ((name, sum(values.values())) for name, values in self.values_by_series.items() if values)
        return sorted(totals, key=lambda pair: pair[1], reverse=True)

    @property
    def merged_count(self) -> int:
        """How many series are drawn together as one."""
        return len(self.ranked_totals) - MAX_CHART_SERIES + 1 if len(self.ranked_totals) > MAX_CHART_SERIES else 0

    def top_series(self) -> Iterable[tuple[str, dict[Number, Number]]]:
        """No more series than can be drawn, the smallest added up."""
        names = [name for name, _ in self.ranked_totals]
        shown_alone = names[: len(names) - self.merged_count]
        yield from ((name, self.values_by_series[name]) for name in shown_alone)
        if self.merged_count:
            rest = [self.values_by_series[name] for name in names[len(shown_alone) :]]
            yield OTHER, {x: sum(values.get(x, 0) for values in rest) for x in self.totals_by_time}

    @cached_property
    def _label_zone(self) -> tzinfo:
        """Days that begin at midnight in UTC are days of UTC, wherever the reader is."""
        return UTC if all(time % MILLISECONDS_PER_UNIT["d"] == 0 for time in self.totals_by_time) else self.zone

    @cached_property
    def _label_format(self) -> str:
        """How a piece is named: with its hour where it is no day, with its year where there are two of them."""
        if self.width_ms % MILLISECONDS_PER_UNIT["d"]:
            return "%-d %b %H:%M"
        times = list(self.totals_by_time)
        return "%-d %b %Y" if times[-1] - times[0] > 300 * MILLISECONDS_PER_UNIT["d"] else "%-d %b"

    def _label(self, time: Number) -> str:
        """When a piece began."""
        return datetime.fromtimestamp(time / 1000, self._label_zone).strftime(self._label_format)
