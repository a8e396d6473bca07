"""Times as people type them: `7d`, `36h`, `yesterday`, `monday`, `2026-11-01`, `2026-11-01T09:30+01:00`.

A time stays as typed until it is needed; then it is resolved with the current time and the reader's time zone. Days and
weeks count in local time: a week before 9:00 is 9:00, even across a DST change."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

TIME_HINT = "7d, 36h, yesterday, monday or 2026-11-01"
MILLISECONDS_PER_UNIT = {"ms": 1, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_WORDS = ("now", "today", "yesterday", *DAY_NAMES)

_AGO = re.compile(r"([1-9]\d{0,3}(?=[mhd])|[1-9]\d{0,2}(?=w))([mhdw])")  # at most 27 years
_EPOCH = re.compile(r"[1-9]\d{11,12}")  # milliseconds: 1973 to 2286
_ISO_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{3})?)?(Z|[+-]\d\d:\d\d)?)?")
_TIME_PARAM = re.compile(r"(?<=\s)(since|until)=(\d{4}-\d\d-\d\dT\S*(?:Z|[+-]\d\d:\d\d))(?!\S)")
_CURSOR_PARAM = re.compile(r"\s(?:after|before)=\S+")


def normalize_time(word: str) -> str | None:
    """Return a typed time in its stored form, or None if it isn't a time.

    LaunchDarkly's epoch milliseconds become a date-time that people can read.
    """
    lowered = word.lower()
    if lowered in DAY_WORDS or _AGO.fullmatch(lowered):
        return lowered
    if _EPOCH.fullmatch(lowered):
        return format_exact(from_milliseconds(int(lowered), UTC))
    return lowered.upper() if _is_datetime(lowered.upper()) else None


def is_exact(time_spec: str) -> bool:
    """Return whether this is an exact date-time, not a day or a relative time."""
    return "T" in time_spec


def display_line(line: str, zone: ZoneInfo | None = None) -> str:
    """Write a line as a person would type it: dates instead of midnights, and no cursors.

    Without a zone, times keep the UTC offset that the line has.
    """
    return _TIME_PARAM.sub(
        lambda match: f"{match[1]}={_display_local(match[2], zone, end=match[1] == 'until')}",
        _CURSOR_PARAM.sub("", line),
    )


def _display_local(time_spec: str, zone: ZoneInfo | None, *, end: bool) -> str:
    """Format a time in a zone. Midnight becomes a date: as an end, the day before."""
    at = datetime.fromisoformat(time_spec)
    at = at.astimezone(zone) if zone else at
    if at.time() != time():
        return format_exact(at)
    return (at.date() - timedelta(days=1) if end else at.date()).isoformat()


def format_exact(at: datetime) -> str:
    """Format a time with its UTC offset, so that it is never ambiguous: `2026-11-16T00:00+01:00`."""
    precision = "milliseconds" if at.microsecond else "seconds" if at.second else "minutes"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def resolve_time(time_spec: str, now: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Resolve a typed time.

    A day means its start; with `end`, it means the end of that day, or now if that is earlier.
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
    """Convert LaunchDarkly's epoch milliseconds to a time."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)).astimezone(zone)


def to_milliseconds(at: datetime) -> int:
    """Convert a time to LaunchDarkly's epoch milliseconds."""
    return round(at.timestamp() * 1000)


def _resolve_day(time_spec: str, local_now: datetime) -> date | None:
    """Return the day that the text means, or None if it doesn't mean a day."""
    if time_spec in ("today", "yesterday"):
        return local_now.date() - timedelta(days=time_spec == "yesterday")
    if time_spec in DAY_NAMES:
        return local_now.date() - timedelta(days=(local_now.weekday() - DAY_NAMES.index(time_spec)) % 7)
    return date.fromisoformat(time_spec) if len(time_spec) == 10 and "-" in time_spec else None


def _resolve_exact(time_spec: str, local_now: datetime) -> datetime:
    """Resolve a time that isn't a day. Relative times are whole minutes, so that equal questions share one request."""
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
