"""When a schedule speaks: on a cadence, or whenever there is something new."""

from dataclasses import dataclass
from datetime import datetime

from bot.schedules.next_run import following
from bot.schedules.recurrence import CADENCE, Cadence

WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Watch:
    """It looks every few minutes, and speaks when there is something new."""

    zone: str

    def __str__(self) -> str:
        return f"{WATCH} {self.zone}"

    def says(self) -> str:
        return "whenever there is something new"


Rhythm = Cadence | Watch


def rhythm(kept: str) -> Rhythm:
    """The rhythm as the store keeps it."""
    word, _, zone = kept.partition(" ")
    return Watch(zone) if word == WATCH else CADENCE.read(kept)


def next_of(found: Rhythm, after: datetime) -> datetime:
    """When it is due next, if not before; a watch is at once."""
    return after if isinstance(found, Watch) else following(found, after)
