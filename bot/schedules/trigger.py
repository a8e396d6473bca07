"""When a schedule runs: on a recurrence, or whenever a watch sees a change."""

from dataclasses import dataclass
from datetime import datetime

from bot.schedules.next_run import next_after
from bot.schedules.recurrence import RECURRENCE, Recurrence

WATCH = "watch"


@dataclass(frozen=True, slots=True)
class WatchTrigger:
    """The trigger of a watch, which polls every few minutes and posts when something has changed."""

    zone: str

    def __str__(self) -> str:
        return f"{WATCH} {self.zone}"

    def describe(self) -> str:
        """Return the trigger in words."""
        return "whenever there is something new"


Trigger = Recurrence | WatchTrigger


def parse_trigger(stored: str) -> Trigger:
    """Parse a trigger in its stored form."""
    kind, _, zone = stored.partition(" ")
    return WatchTrigger(zone) if kind == WATCH else RECURRENCE.read(stored)


def next_run_at(trigger: Trigger, after: datetime) -> datetime:
    """Return when the trigger is next due; a watch is due at once."""
    return after if isinstance(trigger, WatchTrigger) else next_after(trigger, after)
