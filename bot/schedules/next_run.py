"""When a cadence's moments are, and which of them is due: pure, with the present as an argument.

Moments are found on the wall. What comes of a wall's time is the first instant at which the wall shows it or a later
one. So a time that does not exist is the instant of the change, and one that comes twice is its first. As a later time
never gives an earlier instant, moments follow each other as the days do."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from bot.schedules.recurrence import Cadence

MOST_MISSED = 100

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A moment at which a question is to be asked."""

    at: datetime  # UTC
    late: bool  # past the window: it is skipped, and that is said
    missed: tuple[datetime, ...]  # the last of those that went by unasked before it, oldest first


def following(cadence: Cadence, after: datetime) -> datetime:
    """The cadence's first moment after this one, in UTC. Its zone must be set."""
    today = after.astimezone(ZoneInfo(cadence.zone)).date()
    return next(at for at in _moments(cadence, today, _DAY) if at > after)


def due(cadence: Cadence, next_at: datetime, now: datetime, window: timedelta) -> Due | None:
    """What is to be asked, where *next_at* is the first that has not been: the latest that has come, if any has."""
    now, next_at = now.astimezone(UTC), next_at.astimezone(UTC)  # two moments of one zone are compared by the wall
    if now < next_at:
        return None
    tomorrow = now.astimezone(ZoneInfo(cadence.zone)).date() + _DAY  # it has begun before, where midnight comes twice
    come = (at for at in _moments(cadence, tomorrow, -_DAY) if at <= now)
    later = list(islice(takewhile(lambda at: at > next_at, come), MOST_MISSED + 1))
    at, *missed = [*later, next_at]
    return Due(at, now - at > window, tuple(reversed(missed[:MOST_MISSED])))


def _moments(cadence: Cadence, day: date, step: timedelta) -> Iterator[datetime]:
    """The cadence's moments from a day on, or back from it; each once, though two days may share one."""
    zone, last = ZoneInfo(cadence.zone), None
    while True:
        if _falls_on(cadence, day):
            at = _instant(datetime.combine(day, cadence.at), zone)
            if at != last:
                yield at
            last = at
        day += step


def _falls_on(cadence: Cadence, day: date) -> bool:
    """Whether a day is one of the cadence's."""
    if day.weekday() not in cadence.days:
        return False
    if not cadence.nth:
        return True
    first, length = monthrange(day.year, day.month)
    counted = range(day.day, length + 1) if cadence.nth < 0 else range(1, day.day + 1)
    return sum((first + number - 1) % 7 in cadence.days for number in counted) == abs(cadence.nth)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the wall shows this time or a later one."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(at, zone) == wall:
        return at
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # where the wall shows nothing, fold 1 lies before
    while (apart := (at - before) // _SECOND) > 1:
        middle = before + apart // 2 * _SECOND
        before, at = (before, middle) if _wall(middle, zone) >= wall else (middle, at)
    return at


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
