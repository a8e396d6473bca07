"""A moment that is still to come, as people say it: `2w`, `tomorrow`, `monday`, `2026-12-24`.

A question looks back, and an order looks ahead: so its weeks and its Mondays are others."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.lines.param_types import Mistake, nearest
from bot.lines.timespec import DAYS, moment, tidied

PAST = ("now", "today", "yesterday")
TOMORROW = "tomorrow"
WEEK = 7


class _Until:
    """A moment, kept as it was said."""

    allowed = "2w, 3d, tomorrow, monday or 2026-12-24"

    def read(self, word: str) -> str:
        said = TOMORROW if word.lower() == TOMORROW else tidied(word)
        if said is None or said in PAST:
            meant = None if said in PAST else nearest(word, (*DAYS, TOMORROW))
            raise Mistake(f"“{word[:60]}” is no time to come; say {self.allowed}", meant)
        return said

    def write(self, value: str) -> str:
        return value


UNTIL = _Until()


def ahead(said: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that was said. A day means its beginning, and never today's."""
    here = now.astimezone(zone)
    if said in (TOMORROW, *DAYS):
        days = 1 if said == TOMORROW else (DAYS.index(said) - here.weekday() - 1) % WEEK + 1
        return datetime.combine(here.date() + timedelta(days=days), time(), zone)
    at = moment(said, now, zone)
    return at if said[-1] not in "mhdw" else now + (now - at)
