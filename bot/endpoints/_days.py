"""Some whole days where the reader is, up to the last midnight.

So what is asked of successive weeks neither loses an event nor tells one twice. A day on which the clock is changed has
23 or 25 hours."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.endpoints import _words
from bot.endpoints._endpoint import Ask
from bot.endpoints._when import MILLISECONDS, milliseconds, moment
from bot.errors import Mistyped

WEEK = 7
MOST_DAYS = 13 * WEEK
HOUR = MILLISECONDS["h"]


@dataclass(frozen=True)
class Days:
    """Days in a row, and the midnights around them in milliseconds."""

    dates: tuple[date, ...]
    midnights: tuple[int, ...]

    @classmethod
    def before(cls, now: datetime, zone: ZoneInfo, many: int = WEEK) -> "Days":
        """The last ones that are over."""
        today = now.astimezone(zone).date()
        dates = [today - timedelta(days=ago) for ago in range(many, -1, -1)]
        return cls(tuple(dates[:-1]), tuple(milliseconds(datetime.combine(day, time(), zone)) for day in dates))

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
    def said(self) -> str:
        return _words.days(self.dates[0], self.dates[-1])

    @property
    def names(self) -> tuple[str, ...]:
        """How each day is called."""
        return tuple(f"{day:%a %-d %b}" for day in self.dates)

    @property
    def whole_hours(self) -> bool:
        """Whether each day begins with an hour of UTC."""
        return all(midnight % HOUR == 0 for midnight in self.midnights)

    def day(self, at: float | None) -> int | None:
        """On which of the days a moment lies, if on any."""
        return bisect_right(self.midnights, at) - 1 if at is not None and self.start <= at < self.end else None

    def named(self, numbers: list[int]) -> str:
        """Some of the days by name; where they are many, how many."""
        if len(numbers) > WEEK:
            return f"{len(numbers)} of {len(self.dates)} days"
        return _words.joined([self.names[n] for n in numbers])
