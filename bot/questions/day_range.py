"""Calendar days where the reader is. A day on which the clock is changed has 23 or 25 hours.

Most questions ask for whole days up to the last midnight, so what is asked of successive weeks neither loses an event
nor tells one twice. Where today is asked for too, it is known to be incomplete."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.errors import InvalidLine
from bot.lines.timespec import MILLISECONDS_PER_UNIT, from_milliseconds, is_exact, resolve_time, to_milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import ELLIPSIS
from bot.questions.base import QuestionContext
from bot.questions.time_window import Window, parse_window

DAYS_PER_WEEK = 7
MAX_DAYS = 13 * DAYS_PER_WEEK
HOUR_MS = MILLISECONDS_PER_UNIT["h"]
MAX_NAMED_RUNS = 10  # of days in a row that are named, before the rest are counted
MIN_RANGE_DAYS = 3  # days in a row that are named by the first and the last
MAX_DAYS_WITHOUT_YEAR = 300  # days, after which a date needs its year

SO_FAR, IN_PART = " (so far)", " (in part)"


@dataclass(frozen=True)
class Days:
    """Days in a row, and the midnights around them in milliseconds.

    The first may begin after its midnight, and the last may end before the next one.
    """

    dates: tuple[date, ...]
    midnights: tuple[int, ...]
    zone: ZoneInfo
    now: int  # in milliseconds

    @classmethod
    def last_full(cls, now: datetime, zone: ZoneInfo, count: int = DAYS_PER_WEEK) -> "Days":
        """The last ones that are over."""
        today = now.astimezone(zone).date()
        dates = [today - timedelta(days=days_ago) for days_ago in range(count, -1, -1)]
        return cls(tuple(dates[:-1]), tuple(_midnight(day, zone) for day in dates), zone, to_milliseconds(now))

    @classmethod
    def since(cls, since: str, ctx: QuestionContext, *, corrected: str) -> "Days":
        """From the day of the moment that was said; where that does not do, *instead* does."""
        local_now = ctx.now.astimezone(ctx.zone)
        count = (local_now.date() - resolve_time(since, ctx.now, ctx.zone).astimezone(ctx.zone).date()).days
        if count < 1:
            raise InvalidLine(
                (f"since={since} leaves no whole day: the last one ended at midnight.",), corrected=corrected
            )
        if count > MAX_DAYS:
            raise InvalidLine((f"since={since} is more than {MAX_DAYS} days ago.",), corrected=corrected)
        return cls.last_full(ctx.now, ctx.zone, count)

    @classmethod
    def between(cls, since: str, until: str | None, ctx: QuestionContext, *, corrected: str) -> "Days":
        """Widen a window to whole days, except where it was given as exact date-times; today ends now."""
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
        """The last millisecond. What happens at midnight belongs to the day that follows."""
        return self.end - 1

    @property
    def absolute(self) -> tuple[str, str]:
        """The whole time, as a button keeps it."""
        return self.full_window.absolute

    @property
    def full_window(self) -> Window:
        """From the beginning of the first day to the end of the last."""
        return self.window(0, len(self.dates) - 1)

    def window(self, first: int, last: int) -> Window:
        """The time from the beginning of one day to the end of another."""
        return Window.from_range(self.midnights[first], self.midnights[last + 1], self.zone)

    @property
    def label(self) -> str:
        """All of them in short; where none is there as a whole, each with that."""
        if len(self.incomplete_suffixes) == len(self.dates):
            return self.names_of(self.incomplete_suffixes)
        return humanize.format_date_range(self.dates[0], self.dates[-1])

    @cached_property
    def incomplete_suffixes(self) -> dict[int, str]:
        """The days that are not there as a whole, with what to say of each."""
        suffixes = {}
        for n, day in enumerate(self.dates):
            day_end = _midnight(day + timedelta(days=1), self.zone)
            if self.midnights[n] > _midnight(day, self.zone) or self.midnights[n + 1] < day_end:
                suffixes[n] = SO_FAR if self.midnights[n + 1] == self.now else IN_PART
        return suffixes

    @cached_property
    def names(self) -> tuple[str, ...]:
        """How each day is called."""
        return self._format_dates("%a %-d %b", self.incomplete_suffixes)

    @cached_property
    def short_names(self) -> tuple[str, ...]:
        """How each is called where many stand side by side."""
        return self._format_dates("%-d %b", self.incomplete_suffixes)

    @cached_property
    def shortest_names(self) -> tuple[str, ...]:
        """How each is called where there is room for nothing else."""
        return self._format_dates("%-d %b", dict.fromkeys(self.incomplete_suffixes, ELLIPSIS))

    def _format_dates(self, pattern: str, suffixes: Mapping[int, str]) -> tuple[str, ...]:
        pattern += " %Y" if len(self.dates) > MAX_DAYS_WITHOUT_YEAR else ""
        return tuple(f"{day.strftime(pattern)}{suffixes.get(n, '')}" for n, day in enumerate(self.dates))

    @property
    def aligned_to_hours(self) -> bool:
        """Whether each day begins with an hour of UTC."""
        return all(midnight % HOUR_MS == 0 or midnight == self.now for midnight in self.midnights)

    def index_of(self, at: float | None) -> int | None:
        """On which of the days a moment lies, if on any."""
        return bisect_right(self.midnights, at) - 1 if at is not None and self.start <= at < self.end else None

    def names_of(self, numbers: Iterable[int]) -> str:
        """Some of the days by name; of many in a row, the first and the last."""
        runs = list(_consecutive(numbers))
        unnamed = sum(map(len, runs[MAX_NAMED_RUNS:]))
        names = [name for run in runs[:MAX_NAMED_RUNS] for name in self._run_names(run)]
        return humanize.join_with_and([*names, *([humanize.count(unnamed, "more day")] if unnamed else [])])

    def _run_names(self, run: list[int]) -> list[str]:
        names = [self.names[n] for n in run]
        return [f"{names[0]} – {names[-1]}"] if len(run) >= MIN_RANGE_DAYS else names


def _consecutive(numbers: Iterable[int]) -> Iterator[list[int]]:
    """Numbers in ascending order, those in a row together."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        yield [n for _, n in run]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_milliseconds(datetime.combine(day, time(), zone))
