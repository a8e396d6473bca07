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

from bot.errors import Mistyped
from bot.lines.timespec import MILLISECONDS, from_milliseconds, is_exact, milliseconds, moment
from bot.messages import humanize
from bot.messages.mrkdwn import CUT
from bot.questions.base import Ask
from bot.questions.time_window import Window, window

WEEK = 7
MOST_DAYS = 13 * WEEK
HOUR = MILLISECONDS["h"]
MAX_RUNS = 10  # of days in a row that are named, before the rest are counted
LONG_RUN = 3  # days in a row that are named by the first and the last
MANY_MONTHS = 300  # days, after which a date needs its year

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
    def before(cls, now: datetime, zone: ZoneInfo, many: int = WEEK) -> "Days":
        """The last ones that are over."""
        today = now.astimezone(zone).date()
        dates = [today - timedelta(days=ago) for ago in range(many, -1, -1)]
        return cls(tuple(dates[:-1]), tuple(_midnight(day, zone) for day in dates), zone, milliseconds(now))

    @classmethod
    def since(cls, said: str, ask: Ask, *, instead: str) -> "Days":
        """From the day of the moment that was said; where that does not do, *instead* does."""
        here = ask.now.astimezone(ask.zone)
        many = (here.date() - moment(said, ask.now, ask.zone).astimezone(ask.zone).date()).days
        if many < 1:
            raise Mistyped((f"since={said} leaves no whole day: the last one ended at midnight.",), corrected=instead)
        if many > MOST_DAYS:
            raise Mistyped((f"since={said} is more than {MOST_DAYS} days ago.",), corrected=instead)
        return cls.before(ask.now, ask.zone, many)

    @classmethod
    def between(cls, since: str, until: str | None, ask: Ask, *, instead: str) -> "Days":
        """Widen a window to whole days, except where it was given as exact date-times; today ends now."""
        chosen = window(since, until, ask, instead=instead)
        first, now = chosen.start.astimezone(ask.zone).date(), milliseconds(moment("now", ask.now, ask.zone))
        start, end = chosen.milliseconds
        start = start if is_exact(since) else _midnight(first, ask.zone)
        last = from_milliseconds(end - 1, ask.zone).date()
        end = min(end if until and is_exact(until) else _midnight(last + timedelta(days=1), ask.zone), now)
        if start >= end:
            raise Mistyped((f"since={since} is in the future.",), corrected=instead)
        many = (from_milliseconds(end - 1, ask.zone).date() - first).days
        dates = tuple(first + timedelta(days=n) for n in range(many + 1))
        return cls(dates, (start, *(_midnight(day, ask.zone) for day in dates[1:]), end), ask.zone, now)

    @property
    def start(self) -> int:
        return self.midnights[0]

    @property
    def end(self) -> int:
        return self.midnights[-1]

    @property
    def last(self) -> int:
        """The last millisecond. What happens at midnight belongs to the day that follows."""
        return self.end - 1

    @property
    def absolute(self) -> tuple[str, str]:
        """The whole time, as a button keeps it."""
        return self.whole.absolute

    @property
    def whole(self) -> Window:
        """From the beginning of the first day to the end of the last."""
        return self.window(0, len(self.dates) - 1)

    def window(self, first: int, last: int) -> Window:
        """The time from the beginning of one day to the end of another."""
        return Window.of(self.midnights[first], self.midnights[last + 1], self.zone)

    @property
    def said(self) -> str:
        """All of them in short; where none is there as a whole, each with that."""
        if len(self.incomplete) == len(self.dates):
            return self.named(self.incomplete)
        return humanize.days(self.dates[0], self.dates[-1])

    @cached_property
    def incomplete(self) -> dict[int, str]:
        """The days that are not there as a whole, with what to say of each."""
        found = {}
        for n, day in enumerate(self.dates):
            ends = _midnight(day + timedelta(days=1), self.zone)
            if self.midnights[n] > _midnight(day, self.zone) or self.midnights[n + 1] < ends:
                found[n] = SO_FAR if self.midnights[n + 1] == self.now else IN_PART
        return found

    @cached_property
    def names(self) -> tuple[str, ...]:
        """How each day is called."""
        return self._dated("%a %-d %b", self.incomplete)

    @cached_property
    def short_names(self) -> tuple[str, ...]:
        """How each is called where many stand side by side."""
        return self._dated("%-d %b", self.incomplete)

    @cached_property
    def shortest_names(self) -> tuple[str, ...]:
        """How each is called where there is room for nothing else."""
        return self._dated("%-d %b", dict.fromkeys(self.incomplete, CUT))

    def _dated(self, form: str, suffixes: Mapping[int, str]) -> tuple[str, ...]:
        form += " %Y" if len(self.dates) > MANY_MONTHS else ""
        return tuple(f"{day.strftime(form)}{suffixes.get(n, '')}" for n, day in enumerate(self.dates))

    @property
    def whole_hours(self) -> bool:
        """Whether each day begins with an hour of UTC."""
        return all(midnight % HOUR == 0 or midnight == self.now for midnight in self.midnights)

    def day(self, at: float | None) -> int | None:
        """On which of the days a moment lies, if on any."""
        return bisect_right(self.midnights, at) - 1 if at is not None and self.start <= at < self.end else None

    def named(self, numbers: Iterable[int]) -> str:
        """Some of the days by name; of many in a row, the first and the last."""
        runs = list(_runs(numbers))
        left_out = sum(map(len, runs[MAX_RUNS:]))
        names = [name for run in runs[:MAX_RUNS] for name in self._run_names(run)]
        return humanize.joined([*names, *([humanize.count(left_out, "more day")] if left_out else [])])

    def _run_names(self, run: list[int]) -> list[str]:
        names = [self.names[n] for n in run]
        return [f"{names[0]} – {names[-1]}"] if len(run) >= LONG_RUN else names


def _runs(numbers: Iterable[int]) -> Iterator[list[int]]:
    """Numbers in ascending order, those in a row together."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        yield [n for _, n in run]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return milliseconds(datetime.combine(day, time(), zone))
