"""Moments as people say them: `7d`, `36h`, `yesterday`, `monday`, `2026-11-01`, `2026-11-01T09:30+01:00`.

What was said is turned into a moment late, with the present and the reader's zone as arguments. Days and weeks are
counted on the wall: a week before nine o'clock is nine o'clock, whatever the clocks did in between."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

ALLOWED = "7d, 36h, yesterday, monday or 2026-11-01"
MILLISECONDS = {"ms": 1, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_AGO = re.compile(r"([1-9]\d{0,3}(?=[mhd])|[1-9]\d{0,2}(?=w))([mhdw])")  # at most 27 years
_EPOCH = re.compile(r"[1-9]\d{11,12}")  # milliseconds: 1973 to 2286
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{3})?)?(Z|[+-]\d\d:\d\d)?)?")
_TIMED = re.compile(r"(?<=\s)(since|until)=(\d{4}-\d\d-\d\dT\S*(?:Z|[+-]\d\d:\d\d))(?!\S)")
_CURSOR = re.compile(r"\s(?:after|before)=\S+")


def tidied(word: str) -> str | None:
    """The words for a moment as they are kept, or None where they say no moment.

    Milliseconds, as LaunchDarkly writes them, are kept as a date-time that people can read.
    """
    said = word.lower()
    if said in ("now", "today", "yesterday", *DAYS) or _AGO.fullmatch(said):
        return said
    if _EPOCH.fullmatch(said):
        return exact(from_milliseconds(int(said), UTC))
    return said.upper() if _dated(said.upper()) else None


def is_exact(said: str) -> bool:
    """Whether a date-time was said, rather than a day or a length of time."""
    return "T" in said


def readable(line: str, zone: ZoneInfo | None = None) -> str:
    """Write a line as a person would type it: days by their dates, and no cursors.

    Without a zone, the reader is where the line was made.
    """
    return _TIMED.sub(
        lambda found: f"{found[1]}={_local(found[2], zone, end=found[1] == 'until')}", _CURSOR.sub("", line)
    )


def _local(said: str, zone: ZoneInfo | None, *, end: bool) -> str:
    """A moment of that zone; a midnight is the beginning of a day, or the end of one."""
    at = datetime.fromisoformat(said)
    at = at.astimezone(zone) if zone else at
    if at.time() != time():
        return exact(at)
    return (at.date() - timedelta(days=1) if end else at.date()).isoformat()


def exact(at: datetime) -> str:
    """Write a moment so that it means the same whenever and wherever it is read: `2026-11-16T00:00+01:00`."""
    precision = "milliseconds" if at.microsecond else "seconds" if at.second else "minutes"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def moment(said: str, now: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """The moment that was said.

    A day means its beginning; as an *end* it means the end of that day, but not the future.
    """
    here = now.astimezone(zone)
    day = _day(said, here)
    if day is None:
        return _exact(said, here)
    return min(_midnight(day + timedelta(days=1), zone), here, key=datetime.timestamp) if end else _midnight(day, zone)


def from_milliseconds(at: int, zone: tzinfo) -> datetime:
    """A moment of LaunchDarkly's."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)).astimezone(zone)


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
    dated = datetime.fromisoformat(said)
    return dated.astimezone(here.tzinfo) if dated.tzinfo else dated.replace(tzinfo=here.tzinfo)


def _dated(said: str) -> bool:
    try:
        return bool(_DATED.fullmatch(said)) and 1970 <= datetime.fromisoformat(said).year < 2300
    except ValueError:  # the 31st of February
        return False


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
