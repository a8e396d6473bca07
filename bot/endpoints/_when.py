"""Moments as people say them: `7d`, `36h`, `yesterday`, `monday`, `2026-11-01`; and milliseconds, as buttons do.

What was said is turned into a moment late, with the present and the reader's zone as arguments. Days and weeks are
counted on the wall: a week before nine o'clock is nine o'clock, whatever the clocks did in between."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ALLOWED = "7d, 36h, yesterday, monday or 2026-11-01"
MILLISECONDS = {"ms": 1, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_AGO = re.compile(r"([1-9]\d{0,3}(?=[mhd])|[1-9]\d{0,2}(?=w))([mhdw])")  # at most 27 years
_EPOCH = re.compile(r"[1-9]\d{11,12}")  # milliseconds: 1973 to 2286
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")


def tidied(word: str) -> str | None:
    """The words for a moment as they are kept, or None where they say no moment."""
    said = word.lower()
    if said in ("now", "today", "yesterday", *DAYS) or _AGO.fullmatch(said) or _EPOCH.fullmatch(said):
        return said
    return said.upper() if _dated(said.upper()) else None


def moment(said: str, now: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """The moment that was said.

    A day means its beginning; as an *end* it means the end of that day, but not the future.
    """
    here = now.astimezone(zone)
    day = _day(said, here)
    if day is None:
        return _exact(said, here)
    return min(_midnight(day + timedelta(days=1), zone), here, key=datetime.timestamp) if end else _midnight(day, zone)


def milliseconds(at: datetime) -> int:
    """A moment as LaunchDarkly writes it."""
    return round(at.timestamp() * 1000)


def _day(said: str, here: datetime) -> date | None:
    """The day that was said, where it was a day."""
    if said in ("today", "yesterday"):
        return here.date() - timedelta(days=said == "yesterday")
    if said in DAYS:
        return here.date() - timedelta(days=(here.weekday() - DAYS.index(said)) % 7)
    return date.fromisoformat(said) if len(said) == 10 and "-" in said else None


def _exact(said: str, here: datetime) -> datetime:
    """A moment rather than a day. Relative ones are whole minutes, so that many who ask the same send one request."""
    minute = here.replace(second=0, microsecond=0)
    if said == "now":
        return minute
    if ago := _AGO.fullmatch(said):
        amount, unit = int(ago[1]), ago[2]
        if unit in "dw":
            return minute - timedelta(days=amount * (7 if unit == "w" else 1))
        return (minute.astimezone(UTC) - timedelta(milliseconds=amount * MILLISECONDS[unit])).astimezone(here.tzinfo)
    if _EPOCH.fullmatch(said):
        return datetime.fromtimestamp(int(said) / 1000, here.tzinfo)
    dated = datetime.fromisoformat(said)
    return dated if dated.tzinfo else dated.replace(tzinfo=here.tzinfo)


def _dated(said: str) -> bool:
    try:
        return bool(_DATED.fullmatch(said)) and 2000 <= datetime.fromisoformat(said).year < 2100
    except ValueError:  # the 31st of February
        return False


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
