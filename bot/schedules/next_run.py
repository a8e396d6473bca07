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

from bot.schedules.recurrence import Recurrence

MAX_MISSED = 100

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueRun:
    """A moment at which a question is to be asked."""

    at: datetime  # UTC
    late: bool  # past the window: it is skipped, and that is said
    missed: tuple[datetime, ...]  # the last of those that went by unasked before it, oldest first


def next_after(recurrence: Recurrence, after: datetime) -> datetime:
    """The cadence's first moment after this one, in UTC. Its zone must be set."""
    today = after.astimezone(ZoneInfo(recurrence.zone)).date()
    return next(at for at in _occurrences(recurrence, today, _DAY) if at > after)


def due(recurrence: Recurrence, next_at: datetime, now: datetime, window: timedelta) -> DueRun | None:
    """What is to be asked, where *next_at* is the first that has not been: the latest that has come, if any has."""
    now, next_at = now.astimezone(UTC), next_at.astimezone(UTC)  # two moments of one zone are compared by the wall
    if now < next_at:
        return None
    tomorrow = (
        now.astimezone(ZoneInfo(recurrence.zone)).date() + _DAY
    )  # it has begun before, where midnight comes twice
    elapsed = (at for at in _occurrences(recurrence, tomorrow, -_DAY) if at <= now)
    since_next = list(islice(takewhile(lambda at: at > next_at, elapsed), MAX_MISSED + 1))
    at, *missed = [*since_next, next_at]
    return DueRun(at, now - at > window, tuple(reversed(missed[:MAX_MISSED])))


def _occurrences(recurrence: Recurrence, day: date, step: timedelta) -> Iterator[datetime]:
    """The cadence's moments from a day on, or back from it; each once, though two days may share one."""
    zone, previous = ZoneInfo(recurrence.zone), None
    while True:
        if _falls_on(recurrence, day):
            at = _to_utc(datetime.combine(day, recurrence.at), zone)
            if at != previous:
                yield at
            previous = at
        day += step


def _falls_on(recurrence: Recurrence, day: date) -> bool:
    """Whether a day is one of the cadence's."""
    if day.weekday() not in recurrence.days:
        return False
    if not recurrence.nth:
        return True
    first_weekday, length = monthrange(day.year, day.month)
    days_counted = range(day.day, length + 1) if recurrence.nth < 0 else range(1, day.day + 1)
    return sum((first_weekday + number - 1) % 7 in recurrence.days for number in days_counted) == abs(recurrence.nth)


def _to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the wall shows this time or a later one."""
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if _to_local(at, zone) == local:
        return at
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)  # where the wall shows nothing, fold 1 lies before
    while (gap := (at - before) // _SECOND) > 1:
        middle = before + gap // 2 * _SECOND
        before, at = (before, middle) if _to_local(middle, zone) >= local else (middle, at)
    return at


def _to_local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
