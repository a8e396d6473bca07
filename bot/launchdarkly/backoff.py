"""Compute how long to wait before a retry. The client sends only GETs, so a retry is always safe.

LaunchDarkly's windows are ten seconds long. `Retry-After` is in seconds; the `…-Reset` headers are in *milliseconds*
since the epoch, any of them may be missing, and they may be in the past by the time they are read.
"""

import math
import random
from collections.abc import Mapping
from datetime import datetime

WINDOW_SECONDS = 10.0
MAX_WAIT_SECONDS = 60.0
RESET_HEADERS = ("X-Ratelimit-Reset", "X-Ratelimit-Auth-Token-Reset")


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Return how many seconds a 429 asks to wait: `Retry-After`, else the latest reset, else a whole window."""
    if (after := parse_number(headers.get("Retry-After"))) is not None:
        return _capped(after)
    resets = [reset for name in RESET_HEADERS if (reset := parse_number(headers.get(name))) is not None]
    return _capped(max(resets) / 1000 - now.timestamp()) if resets else WINDOW_SECONDS


def backoff_delay(attempt: int, requested: float | None, first_wait: float = 0.2) -> float:
    """Return the requested wait, else 0.2 s, 0.4 s, 0.8 s …, with jitter so that clients don't retry all at once."""
    wait = _capped(requested if requested is not None else first_wait * 2 ** (attempt - 1))
    max_jitter = 0.1 * (1 + wait) if requested is not None else wait / 2
    return wait + random.uniform(0, max_jitter)  # noqa: S311 - jitter, not a secret


def parse_number(header: str | None) -> float | None:
    """Parse a header as a number. A date, which `Retry-After` may also be, and `nan` count as missing."""
    try:
        value = float(header or "nan")
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _capped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS)
