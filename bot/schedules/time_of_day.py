"""Times of day as people write them: `9`, `9:00`, `09.00`, `9h30`, `0900`, `9:30pm`, `noon`."""

import re
from datetime import time

from bot.lines.param_types import Mistake

_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_TIME = re.compile(r"([0-9]{1,2})(?:h|[:.h]?([0-9]{2}))?(?:([ap])\.?m\.?)?")
_HALF = re.compile(r"[ap]\.?m\.?")


def is_like_a_time(word: str) -> bool:
    """Whether a word is a time, a part of one, or was meant to be one."""
    plain = word.lower()
    return plain in _NAMED or bool(re.match(r"[0-9]", plain) or _HALF.fullmatch(plain))


def read_time(word: str) -> time:
    """The time of day that was written."""
    plain = "".join(word.lower().split())
    if plain in _NAMED:
        return _NAMED[plain]
    written = _TIME.fullmatch(plain)
    hour, minute, half = (int(written[1]), int(written[2] or 0), written[3]) if written else (-1, 0, None)
    least, most = (1, 12) if half else (0, 23)
    if not least <= hour <= most or minute > 59:
        raise Mistake(f"“{word[:60]}” is no time of day; say 0:00 to 23:59, or 12am to 11:59pm")
    return time(hour % 12 + 12 * (half == "p") if half else hour, minute)


def write_time(at: time) -> str:
    """`9:00`, `17:30`."""
    return f"{at.hour}:{at.minute:02}"
