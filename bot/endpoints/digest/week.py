"""The week of a digest: the last seven whole days, up to the last midnight where the reader is.

So the digests of successive weeks neither lose an event nor tell one twice. A day on which the clock is changed has 23
or 25 hours."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.endpoints import _words
from bot.endpoints._when import MILLISECONDS, milliseconds

DAYS = 7
HOUR = MILLISECONDS["h"]


@dataclass(frozen=True)
class Week:
    """Seven days, and the eight midnights around them in milliseconds."""

    days: tuple[date, ...]
    midnights: tuple[int, ...]

    @classmethod
    def before(cls, now: datetime, zone: ZoneInfo) -> "Week":
        """The last one that is over."""
        today = now.astimezone(zone).date()
        days = [today - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
        return cls(tuple(days[:-1]), tuple(milliseconds(datetime.combine(day, time(), zone)) for day in days))

    @property
    def start(self) -> int:
        return self.midnights[0]

    @property
    def end(self) -> int:
        return self.midnights[-1]

    @property
    def last(self) -> int:
        """The last millisecond of the week. What happens at midnight belongs to the week that follows."""
        return self.end - 1

    @property
    def said(self) -> str:
        return _words.days(self.days[0], self.days[-1])

    @property
    def names(self) -> tuple[str, ...]:
        """How each day is called."""
        return tuple(f"{day:%a %-d %b}" for day in self.days)

    @property
    def whole_hours(self) -> bool:
        """Whether each day begins with an hour of UTC."""
        return all(midnight % HOUR == 0 for midnight in self.midnights)

    def day(self, at: float | None) -> int | None:
        """On which of the seven days a moment lies, if on any."""
        return bisect_right(self.midnights, at) - 1 if at is not None and self.start <= at < self.end else None
