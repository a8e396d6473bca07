"""Numbers, dates and lengths as people read them."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.messages.mrkdwn import CUT, Stamp, clean

LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()  # what lies beyond is a mistake of whoever sent it


def count(number: float, one: str, many: str = "") -> str:
    """`1 flag`, `1,200 flags`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def number(value: float) -> str:
    """A number with at most one decimal."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def percent(share: float) -> str:
    """A share of one in per cent; what is small is not nothing, and what is nearly all is not all."""
    if 0 < share <= 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def points(difference: float) -> str:
    """A difference of scores with its sign."""
    if not difference:
        return "no change"
    sign, size = ("+" if difference > 0 else "−"), number(abs(difference))
    return f"{sign}{size} {'point' if size == '1' else 'points'}"


def short(text: object, limit: int) -> str:
    """At most *limit* characters on one line, visibly cut."""
    words = clean(str(text))
    return words if len(words) <= limit else f"{words[: limit - 1].rstrip()}{CUT}"


def value(anything: object, limit: int = 60) -> str:
    """A variation's value, as one would write it in code."""
    return short(anything if isinstance(anything, str) else _written(anything), limit)


def _written(anything: object) -> str:
    try:
        return json.dumps(anything, ensure_ascii=False)
    except RecursionError:  # how deep one can read is not always how deep one can write
        return "a value nested too deeply to be shown"


def phrase(key: str) -> str:
    """`needsAttention` and `enabled_targeting` as words."""
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in clean(key).replace("_", " "))
    return spaced.strip().capitalize()


def listed(names: list[str], most: int = 10) -> str:
    """Names in a row; what is left out is counted."""
    more = f" {CUT} and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def joined(names: Sequence[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)


def stamp(milliseconds: float | None, zone: ZoneInfo) -> Stamp:
    """A moment of LaunchDarkly's, to the minute."""
    return _stamp(milliseconds, zone, "%a %-d %b %Y, %H:%M %Z", "{date_short_pretty} at {time}")


def day(milliseconds: float | None, zone: ZoneInfo) -> str:
    """A day of LaunchDarkly's, in the reader's zone."""
    return _stamp(milliseconds, zone, "%-d %b %Y", "{date_short}").said


def days(first: date, last: date) -> str:
    """Some days in a row, as `9 – 15 Nov 2026`: what the first and the last share is said once."""
    if first == last:
        return f"{last:%-d %b %Y}"
    alike = "" if (first.year, first.month) == (last.year, last.month) else " %b"
    return f"{first.strftime('%-d' + alike + ('' if first.year == last.year else ' %Y'))} – {last:%-d %b %Y}"


def ago(milliseconds: float | None, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    if milliseconds is None or not 0 < milliseconds / 1000 < LATEST:
        return "at an unknown time"
    past = now - datetime.fromtimestamp(milliseconds / 1000, UTC)
    return "just now" if past < timedelta(minutes=1) else f"{length(past)} ago"


def length(span: timedelta) -> str:
    """A length of time in the largest unit that fits."""
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


def _stamp(milliseconds: float | None, zone: ZoneInfo, said: str, tokens: str) -> Stamp:
    if milliseconds is None or not 0 < milliseconds / 1000 < LATEST:
        return Stamp(None, "at an unknown time")
    at = datetime.fromtimestamp(milliseconds / 1000, zone)
    return Stamp(int(at.timestamp()), at.strftime(said), tokens)


def person(first: str | None, last: str | None) -> str:
    """A name. Where the name is an e-mail address, it is not shown."""
    name = short(" ".join(part for part in (first, last) if part), 60)
    return "a member" if not name or "@" in name else name
