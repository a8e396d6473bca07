"""Numbers, dates and durations in words."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.messages.mrkdwn import ELLIPSIS, Timestamp, clean

MAX_TIMESTAMP = datetime(2100, 1, 1, tzinfo=UTC).timestamp()  # a later timestamp is an error in the data


def count(number: float, singular: str, plural: str = "") -> str:
    """Format a count with its noun: `1 flag`, `1,200 flags`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def number(value: float) -> str:
    """Format a number with at most one decimal."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def percent(share: float) -> str:
    """Format a fraction as a percentage. Small shares don't round to 0, nor nearly everything to 100."""
    if 0 < share <= 0.005:
        return "under 1%"
    if 0.995 <= share < 1:
        return "over 99%"
    return f"{share:.0%}"


def points(difference: float) -> str:
    """Format the change of a score: `▲5`, `▼3`, `no change`."""
    if not difference:
        return "no change"
    return f"{'▲' if difference > 0 else '▼'}{number(abs(difference))}"


def truncate_text(text: object, limit: int) -> str:
    """Return at most `limit` characters on one line, ending in an ellipsis if cut."""
    text_line = clean(str(text))
    return text_line if len(text_line) <= limit else f"{text_line[: limit - 1].rstrip()}{ELLIPSIS}"


def format_value(raw: object, limit: int = 60) -> str:
    """Format a variation's value as in code: strings as they are, other values as JSON."""
    return truncate_text(raw if isinstance(raw, str) else _to_json(raw), limit)


def _to_json(raw: object) -> str:
    try:
        return json.dumps(raw, ensure_ascii=False)
    except RecursionError:  # JSON that could be decoded may still be nested too deeply to encode
        return "a deeply nested value"


def sentence_case(key: str) -> str:
    """Turn an identifier such as `needsAttention` or `enabled_targeting` into words."""
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in clean(key).replace("_", " "))
    return spaced.strip().capitalize()


def truncate_list(names: list[str], limit: int) -> list[str]:
    """Return the first names; those beyond the limit are counted."""
    return [*names[:limit], f"{len(names) - limit} more"] if len(names) > limit else names


def join_truncated(names: list[str], limit: int = 10) -> str:
    """Join names as in a sentence; those beyond the limit are counted."""
    return join_with_and(truncate_list(names, limit))


def join_with_and(names: Sequence[str]) -> str:
    """Join names: `one`, `one and two`, `one, two and three`."""
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)


def timestamp(milliseconds: float | None, zone: ZoneInfo) -> Timestamp:
    """Format epoch milliseconds to the minute."""
    return _timestamp(milliseconds, zone, "%a %-d %b %Y, %H:%M %Z", "{date_short_pretty} at {time}")


def format_day(milliseconds: float | None, zone: ZoneInfo) -> str:
    """Format epoch milliseconds as a day in the reader's time zone."""
    return _timestamp(milliseconds, zone, "%-d %b %Y", "{date_short}").fallback


def format_date_range(first: date, last: date) -> str:
    """Format a date range, writing a shared month or year once: `9 – 15 Nov 2026`."""
    if first == last:
        return f"{last:%-d %b %Y}"
    first_month = "" if (first.year, first.month) == (last.year, last.month) else " %b"
    return f"{first.strftime('%-d' + first_month + ('' if first.year == last.year else ' %Y'))} – {last:%-d %b %Y}"


def format_period(start: float | None, end: float | None, zone: ZoneInfo) -> str:
    """Format the days from one to another time, both in epoch milliseconds."""
    known = [at / 1000 for at in (start, end) if at is not None and 0 < at / 1000 < MAX_TIMESTAMP]
    if len(known) < 2:
        return f"{format_day(start, zone)} – {format_day(end, zone)}"
    first, last = (datetime.fromtimestamp(at, zone).date() for at in known)
    return format_date_range(first, last)


def time_ago(milliseconds: float | None, now: datetime) -> str:
    """Format the time since then, in the largest unit that fits."""
    if milliseconds is None or not 0 < milliseconds / 1000 < MAX_TIMESTAMP:
        return "at an unknown time"
    elapsed = now - datetime.fromtimestamp(milliseconds / 1000, UTC)
    return "just now" if elapsed < timedelta(minutes=1) else f"{format_duration(elapsed)} ago"


def format_duration(span: timedelta) -> str:
    """Format a duration in the largest unit that fits."""
    seconds = span.total_seconds()
    for unit, size in (
        ("year", 365 * 86400),
        ("month", 30.5 * 86400),
        ("week", 7 * 86400),
        ("day", 86400),
        ("hour", 3600),
    ):
        if seconds >= 2 * size or (unit in ("day", "hour") and seconds >= size):
            return count(int(seconds // size), unit)
    return count(int(seconds // 60), "minute")


def format_span(span: timedelta) -> str:
    """Format how long something lasted: in seconds up to two minutes, in minutes up to two hours."""
    seconds = int(span.total_seconds())
    if seconds < 120:
        return count(seconds, "second") if seconds else "under a second"
    return count(seconds // 60, "minute") if seconds < 7200 else format_duration(span)


def _timestamp(milliseconds: float | None, zone: ZoneInfo, date_format: str, tokens: str) -> Timestamp:
    if milliseconds is None or not 0 < milliseconds / 1000 < MAX_TIMESTAMP:
        return Timestamp(None, "at an unknown time")
    at = datetime.fromtimestamp(milliseconds / 1000, zone)
    return Timestamp(int(at.timestamp()), at.strftime(date_format), tokens)


def person_name(first: str | None, last: str | None) -> str:
    """Format a person's name. A name that is an email address isn't shown."""
    name = truncate_text(" ".join(part for part in (first, last) if part), 60)
    return "a member" if not name or "@" in name else name
