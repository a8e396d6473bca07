"""Moments as people say them: `7d`, `36h`, `yesterday`, `monday`, `2026-11-01`, `2026-11-01T09:30+01:00`.

What was said is turned into a moment late, with the present and the reader's zone as arguments. Days and weeks are
counted on the wall: a week before nine o'clock is nine o'clock, whatever the clocks did in between."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

TIME_HINT = "7d, 36h, yesterday, monday or 2026-11-01"
MILLISECONDS_PER_UNIT = {"ms": 1, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_AGO = re.compile(r"([1-9]\d{0,3}(?=[mhd])|[1-9]\d{0,2}(?=w))([mhdw])")  # at most 27 years
_EPOCH = re.compile(r"[1-9]\d{11,12}")  # milliseconds: 1973 to 2286
_ISO_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{3})?)?(Z|[+-]\d\d:\d\d)?)?")
_TIME_PARAM = re.compile(r"(?<=\s)(since|until)=(\d{4}-\d\d-\d\dT\S*(?:Z|[+-]\d\d:\d\d))(?!\S)")
_CURSOR_PARAM = re.compile(r"\s(?:after|before)=\S+")


def normalize_time(word: str) -> str | None:
    """The words for a moment as they are kept, or None where they say no moment.

    Milliseconds, as LaunchDarkly writes them, are kept as a date-time that people can read.
    """
    lowered = word.lower()
    if lowered in ("now", "today", "yesterday", *DAY_NAMES) or _AGO.fullmatch(lowered):
        return lowered
    if _EPOCH.fullmatch(lowered):
        return format_exact(from_milliseconds(int(lowered), UTC))
    return lowered.upper() if _is_datetime(lowered.upper()) else None


def is_exact(time_spec: str) -> bool:
    """Whether a date-time was said, rather than a day or a length of time."""
    return "T" in time_spec


def display_line(line: str, zone: ZoneInfo | None = None) -> str:
    """Write a line as a person would type it: days by their dates, and no cursors.

    Without a zone, the reader is where the line was made.
    """
    return _TIME_PARAM.sub(
        lambda match: f"{match[1]}={_display_local(match[2], zone, end=match[1] == 'until')}",
        _CURSOR_PARAM.sub("", line),
    )


def _display_local(time_spec: str, zone: ZoneInfo | None, *, end: bool) -> str:
    """A moment of that zone; a midnight is the beginning of a day, or the end of one."""
    at = datetime.fromisoformat(time_spec)
    at = at.astimezone(zone) if zone else at
    if at.time() != time():
        return format_exact(at)
    return (at.date() - timedelta(days=1) if end else at.date()).isoformat()


def format_exact(at: datetime) -> str:
    """Write a moment so that it means the same whenever and wherever it is read: `2026-11-16T00:00+01:00`."""
    precision = "milliseconds" if at.microsecond else "seconds" if at.second else "minutes"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def resolve_time(time_spec: str, now: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """The moment that was said.

    A day means its beginning; as an *end* it means the end of that day, but not the future.
    """
    local_now = now.astimezone(zone)
    day = _resolve_day(time_spec, local_now)
    if day is None:
        return _resolve_exact(time_spec, local_now)
    return (
        min(_midnight(day + timedelta(days=1), zone), local_now, key=datetime.timestamp)
        if end
        else _midnight(day, zone)
    )


def from_milliseconds(at: int, zone: tzinfo) -> datetime:
    """A moment of LaunchDarkly's."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)).astimezone(zone)


def to_milliseconds(at: datetime) -> int:
    """A moment as LaunchDarkly writes it."""
    return round(at.timestamp() * 1000)


def _resolve_day(time_spec: str, local_now: datetime) -> date | None:
    """The day that was said, where it was a day."""
    if time_spec in ("today", "yesterday"):
        return local_now.date() - timedelta(days=time_spec == "yesterday")
    if time_spec in DAY_NAMES:
        return local_now.date() - timedelta(days=(local_now.weekday() - DAY_NAMES.index(time_spec)) % 7)
    return date.fromisoformat(time_spec) if len(time_spec) == 10 and "-" in time_spec else None


def _resolve_exact(time_spec: str, local_now: datetime) -> datetime:
    """A moment rather than a day. Relative ones are whole minutes, so that many who ask the same send one request."""
    minute = local_now.replace(second=0, microsecond=0)
    if time_spec == "now":
        return minute
    if ago := _AGO.fullmatch(time_spec):
        amount, unit = int(ago[1]), ago[2]
        if unit in "dw":
            return minute - timedelta(days=amount * (7 if unit == "w" else 1))
        return (minute.astimezone(UTC) - timedelta(milliseconds=amount * MILLISECONDS_PER_UNIT[unit])).astimezone(
            local_now.tzinfo
        )
    parsed = datetime.fromisoformat(time_spec)
    return parsed.astimezone(local_now.tzinfo) if parsed.tzinfo else parsed.replace(tzinfo=local_now.tzinfo)


def _is_datetime(time_spec: str) -> bool:
    try:
        return bool(_ISO_DATETIME.fullmatch(time_spec)) and 1970 <= datetime.fromisoformat(time_spec).year < 2300
    except ValueError:  # the 31st of February
        return False


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
