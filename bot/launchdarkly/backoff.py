"""How long to wait before the same request goes out again. Only GETs are sent, so asking again is always safe.

LaunchDarkly's windows are ten seconds long. `Retry-After` is in seconds; the `…-Reset` headers are in *milliseconds*
since the epoch, any of them may be missing, and they may lie in the past by the time they are read.
"""

import math
import random
from collections.abc import Mapping
from datetime import datetime

WINDOW = 10.0
LONGEST = 60.0
RESETS = ("X-Ratelimit-Reset", "X-Ratelimit-Auth-Token-Reset")


def asked_to_wait(headers: Mapping[str, str], now: datetime) -> float:
    """The seconds that a 429 asks for: `Retry-After`, else the latest reset, else a whole window."""
    if (after := number(headers.get("Retry-After"))) is not None:
        return _capped(after)
    resets = [reset for name in RESETS if (reset := number(headers.get(name))) is not None]
    return _capped(max(resets) / 1000 - now.timestamp()) if resets else WINDOW


def pause(attempt: int, asked: float | None, first: float = 0.2) -> float:
    """What was asked for, else 0.2 s, 0.4 s, 0.8 s …, and a little more: so not everybody comes back at once."""
    wait = _capped(asked if asked is not None else first * 2 ** (attempt - 1))
    more = 0.1 * (1 + wait) if asked is not None else wait / 2
    return wait + random.uniform(0, more)  # noqa: S311 - jitter, no secret


def number(header: str | None) -> float | None:
    """A header as a number; a date, which `Retry-After` may be too, counts as not said, and so does `nan`."""
    try:
        number = float(header or "nan")
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _capped(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
