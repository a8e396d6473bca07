"""When a schedule speaks: on a cadence, or whenever there is something new."""

from dataclasses import dataclass
from datetime import datetime

from bot.schedules.next_run import next_after
from bot.schedules.recurrence import RECURRENCE, Recurrence

WATCH = "watch"


@dataclass(frozen=True, slots=True)
class WatchTrigger:
    """It looks every few minutes, and speaks when there is something new."""

    zone: str

    def __str__(self) -> str:
        return f"{WATCH} {self.zone}"

    def describe(self) -> str:
        return "whenever there is something new"


Trigger = Recurrence | WatchTrigger


def parse_trigger(stored: str) -> Trigger:
    """The rhythm as the store keeps it."""
    kind, _, zone = stored.partition(" ")
    return WatchTrigger(zone) if kind == WATCH else RECURRENCE.read(stored)


def next_run_at(trigger: Trigger, after: datetime) -> datetime:
    """When it is due next, if not before; a watch is at once."""
    return after if isinstance(trigger, WatchTrigger) else next_after(trigger, after)
