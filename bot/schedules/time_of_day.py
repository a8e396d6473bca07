"""Parse times of day as people write them: `9`, `9:00`, `09.00`, `9h30`, `0900`, `9:30pm`, `noon`."""

import re
from datetime import time

from bot.lines.param_types import InvalidValue

_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_TIME = re.compile(r"([0-9]{1,2})(?:h|[:.h]?([0-9]{2}))?(?:([ap])\.?m\.?)?")
_AM_PM = re.compile(r"[ap]\.?m\.?")


def looks_like_time(word: str) -> bool:
    """Return whether a word is a time, a part of one, or an attempt at one."""
    plain = word.lower()
    return plain in _NAMED_TIMES or bool(re.match(r"[0-9]", plain) or _AM_PM.fullmatch(plain))


def parse_time(word: str) -> time:
    """Parse a time of day."""
    plain = "".join(word.lower().split())
    if plain in _NAMED_TIMES:
        return _NAMED_TIMES[plain]
    match = _TIME.fullmatch(plain)
    hour, minute, am_pm = (int(match[1]), int(match[2] or 0), match[3]) if match else (-1, 0, None)
    min_hour, max_hour = (1, 12) if am_pm else (0, 23)
    if not min_hour <= hour <= max_hour or minute > 59:
        raise InvalidValue(f"“{word[:60]}” is no time of day; say 0:00 to 23:59, or 12am to 11:59pm")
    return time(hour % 12 + 12 * (am_pm == "p") if am_pm else hour, minute)


def format_time(at: time) -> str:
    """Format a time as `9:00` or `17:30`."""
    return f"{at.hour}:{at.minute:02}"
