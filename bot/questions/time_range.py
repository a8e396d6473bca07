"""Ranges of time, typed as `since` and `until`: a start and an end, or calendar days in the reader's time zone.

The day of a DST change has 23 or 25 hours. Most questions cover whole days up to the last midnight, so weekly reports
neither lose an event nor show one twice. A range that includes today marks it as incomplete."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.errors import InvalidLine
from bot.lines.timespec import (
    MILLISECONDS_PER_UNIT,
    format_exact,
    from_milliseconds,
    is_exact,
    resolve_time,
    to_milliseconds,
)
from bot.messages import humanize
from bot.messages.mrkdwn import ELLIPSIS
from bot.questions.base import QuestionContext

DAYS_PER_WEEK = 7
MAX_DAYS = 13 * DAYS_PER_WEEK
HOUR_MS = MILLISECONDS_PER_UNIT["h"]
MAX_NAMED_RUNS = 10  # ranges of days that are named; the rest are counted
MIN_RANGE_DAYS = 3  # from this many consecutive days on, only the first and last are named
MAX_DAYS_WITHOUT_YEAR = 300  # a longer range shows the year of each date
SO_FAR, IN_PART = " (so far)", " (partial)"


@dataclass(frozen=True, slots=True)
class Window:
    """A start and an end."""

    start: datetime
    end: datetime

    @classmethod
    def from_range(cls, start: int, end: int, zone: ZoneInfo) -> "Window":
        """Build a window from epoch milliseconds."""
        return cls(from_milliseconds(start, zone), from_milliseconds(end, zone))

    @property
    def milliseconds(self) -> tuple[int, int]:
        """The start and end in LaunchDarkly's epoch milliseconds."""
        return to_milliseconds(self.start), to_milliseconds(self.end)

    @property
    def absolute(self) -> tuple[str, str]:
        """The start and end with UTC offsets, for a button: they mean the same at any time and for any person."""
        return format_exact(self.start), format_exact(self.end)

    @property
    def rfc3339(self) -> tuple[str, str]:
        """The start and end in RFC 3339 format."""
        start, end = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (self.start, self.end))
        return start, end


def parse_window(since: str, until: str | None, ctx: QuestionContext, *, corrected: str) -> Window:
    """Resolve a window that ends now by default. An invalid one raises InvalidLine with the line `corrected`."""
    start = resolve_time(since, ctx.now, ctx.zone)
    end = resolve_time(until or "now", ctx.now, ctx.zone, end=True)
    # Datetimes of one zone would compare by local time, which is wrong around a DST change.
    if start.timestamp() >= end.timestamp():
        raise InvalidLine((f"since={since} isn't before {f'until={until}' if until else 'now'}.",), corrected=corrected)
    return Window(start, end)


@dataclass(frozen=True)
class Days:
    """Consecutive days, and the boundaries between them in epoch milliseconds.

    The first day may start after midnight, and the last may end before the next midnight.
    """

    dates: tuple[date, ...]
    midnights: tuple[int, ...]
    zone: ZoneInfo
    now: int  # epoch milliseconds

    @classmethod
    def last_full(cls, now: datetime, zone: ZoneInfo, count: int = DAYS_PER_WEEK) -> "Days":
        """Return the last `count` days before today."""
        today = now.astimezone(zone).date()
        dates = [today - timedelta(days=days_ago) for days_ago in range(count, -1, -1)]
        return cls(tuple(dates[:-1]), tuple(_midnight(day, zone) for day in dates), zone, to_milliseconds(now))

    @classmethod
    def since(cls, since: str, ctx: QuestionContext, *, corrected: str) -> "Days":
        """Return the full days since a typed time. An invalid one raises InvalidLine with the line `corrected`."""
        local_now = ctx.now.astimezone(ctx.zone)
        count = (local_now.date() - resolve_time(since, ctx.now, ctx.zone).astimezone(ctx.zone).date()).days
        if count < 1:
            raise InvalidLine(
                (f"since={since} covers no full day yet. The last full day is yesterday.",), corrected=corrected
            )
        if count > MAX_DAYS:
            raise InvalidLine((f"since={since} is more than {MAX_DAYS} days ago.",), corrected=corrected)
        return cls.last_full(ctx.now, ctx.zone, count)

    @classmethod
    def between(cls, since: str, until: str | None, ctx: QuestionContext, *, corrected: str) -> "Days":
        """Widen a window to whole days, except at exact date-times; today ends now."""
        window = parse_window(since, until, ctx, corrected=corrected)
        first, now = window.start.astimezone(ctx.zone).date(), to_milliseconds(resolve_time("now", ctx.now, ctx.zone))
        start, end = window.milliseconds
        start = start if is_exact(since) else _midnight(first, ctx.zone)
        last = from_milliseconds(end - 1, ctx.zone).date()
        end = min(end if until and is_exact(until) else _midnight(last + timedelta(days=1), ctx.zone), now)
        if start >= end:
            raise InvalidLine((f"since={since} is in the future.",), corrected=corrected)
        count = (from_milliseconds(end - 1, ctx.zone).date() - first).days
        dates = tuple(first + timedelta(days=n) for n in range(count + 1))
        return cls(dates, (start, *(_midnight(day, ctx.zone) for day in dates[1:]), end), ctx.zone, now)

    @property
    def start(self) -> int:
        return self.midnights[0]

    @property
    def end(self) -> int:
        return self.midnights[-1]

    @property
    def last_millisecond(self) -> int:
        """The last millisecond of the range. Midnight belongs to the next day."""
        return self.end - 1

    @property
    def absolute(self) -> tuple[str, str]:
        """The start and end as exact times, for a button's line."""
        return self.full_window.absolute

    @property
    def full_window(self) -> Window:
        """The window from the start of the first day to the end of the last."""
        return self.window(0, len(self.dates) - 1)

    def window(self, first: int, last: int) -> Window:
        """Return the window from the start of one day to the end of another."""
        return Window.from_range(self.midnights[first], self.midnights[last + 1], self.zone)

    @property
    def label(self) -> str:
        """The range in short. If no day is complete, each is named and marked."""
        if len(self.incomplete_suffixes) == len(self.dates):
            return self.names_of(self.incomplete_suffixes)
        return humanize.format_date_range(self.dates[0], self.dates[-1])

    @cached_property
    def incomplete_suffixes(self) -> dict[int, str]:
        """The indexes of incomplete days, each with the suffix for its name."""
        suffixes = {}
        for n, day in enumerate(self.dates):
            day_end = _midnight(day + timedelta(days=1), self.zone)
            if self.midnights[n] > _midnight(day, self.zone) or self.midnights[n + 1] < day_end:
                suffixes[n] = SO_FAR if self.midnights[n + 1] == self.now else IN_PART
        return suffixes

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of each day, with its weekday."""
        return self._format_dates("%a %-d %b", self.incomplete_suffixes)

    @cached_property
    def short_names(self) -> tuple[str, ...]:
        """The name of each day, for charts with many points."""
        return self._format_dates("%-d %b", self.incomplete_suffixes)

    @cached_property
    def shortest_names(self) -> tuple[str, ...]:
        """The name of each day, for charts with no room for a suffix."""
        return self._format_dates("%-d %b", dict.fromkeys(self.incomplete_suffixes, ELLIPSIS))

    def _format_dates(self, pattern: str, suffixes: Mapping[int, str]) -> tuple[str, ...]:
        pattern += " %Y" if len(self.dates) > MAX_DAYS_WITHOUT_YEAR else ""
        return tuple(f"{day.strftime(pattern)}{suffixes.get(n, '')}" for n, day in enumerate(self.dates))

    @property
    def aligned_to_hours(self) -> bool:
        """Whether each day starts on a full hour in UTC."""
        return all(midnight % HOUR_MS == 0 or midnight == self.now for midnight in self.midnights)

    def index_of(self, at: float | None) -> int | None:
        """Return the index of the day that contains this time, or None."""
        return bisect_right(self.midnights, at) - 1 if at is not None and self.start <= at < self.end else None

    def names_of(self, numbers: Iterable[int]) -> str:
        """Name these days; of consecutive days, only the first and last."""
        runs = list(_consecutive(numbers))
        unnamed = sum(map(len, runs[MAX_NAMED_RUNS:]))
        names = [name for run in runs[:MAX_NAMED_RUNS] for name in self._run_names(run)]
        return humanize.join_with_and([*names, *([humanize.count(unnamed, "more day")] if unnamed else [])])

    def _run_names(self, run: list[int]) -> list[str]:
        names = [self.names[n] for n in run]
        return [f"{names[0]} – {names[-1]}"] if len(run) >= MIN_RANGE_DAYS else names


def _consecutive(numbers: Iterable[int]) -> Iterator[list[int]]:
    """Group ascending numbers into runs of consecutive ones."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        yield [n for _, n in run]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_milliseconds(datetime.combine(day, time(), zone))
