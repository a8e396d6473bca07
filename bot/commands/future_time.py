"""Times in the future, as people type them: `2w`, `tomorrow`, `monday`, `2026-12-24`.

A question looks back and a command looks ahead, so `2w` and `monday` mean something else here than in `timespec`.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.lines.param_types import InvalidValue, closest_match
from bot.lines.timespec import DAY_NAMES, normalize_time, resolve_time

PAST_WORDS = ("now", "today", "yesterday")
TOMORROW = "tomorrow"
DAYS_PER_WEEK = 7


class _FutureTimeType:
    """A time in the future, stored as it was typed."""

    hint = "2w, 3d, tomorrow, monday or 2026-12-24"

    def read(self, word: str) -> str:
        time_spec = TOMORROW if word.lower() == TOMORROW else normalize_time(word)
        if time_spec is None or time_spec in PAST_WORDS:
            suggestion = None if time_spec in PAST_WORDS else closest_match(word, (*DAY_NAMES, TOMORROW))
            raise InvalidValue(f"“{word[:60]}” is no time to come; say {self.hint}", suggestion)
        return time_spec

    def write(self, value: str) -> str:
        return value


FUTURE_TIME = _FutureTimeType()


def resolve_future_time(time_spec: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that a time spec means. A day means its beginning, and a weekday is never today."""
    local_now = now.astimezone(zone)
    if time_spec in (TOMORROW, *DAY_NAMES):
        days = (
            1 if time_spec == TOMORROW else (DAY_NAMES.index(time_spec) - local_now.weekday() - 1) % DAYS_PER_WEEK + 1
        )
        return datetime.combine(local_now.date() + timedelta(days=days), time(), zone)
    resolved = resolve_time(time_spec, now, zone)
    return resolved if time_spec[-1] not in "mhdw" else now + (now - resolved)
