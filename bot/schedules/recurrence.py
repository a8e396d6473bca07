"""The recurrence of a schedule: its days, local time and zone, and how they are written and described."""

from dataclasses import dataclass
from datetime import time

from bot.lines.timespec import DAY_NAMES

EVERY_DAY = tuple(range(7))
WEEKDAYS = tuple(range(5))
DAY_GROUPS = {EVERY_DAY: "day", WEEKDAYS: "weekday"}
ORDINALS = {0: "", 1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The days, the local time and the zone of a schedule.

    With several days, the nth is counted over all of them: `first weekday` is the month's first working day.
    """

    days: tuple[int, ...]  # 0 is Monday; sorted, without duplicates
    ordinal: int  # 0: every week; 1 to 4: the first to the fourth of the month; -1: the last
    local_time: time  # hours and minutes
    zone: str  # IANA name; "" if none was given: then the caller's zone applies

    def __str__(self) -> str:
        """Return the canonical form, as a person would type it."""
        days = DAY_GROUPS.get(self.days) or ",".join(DAY_NAMES[day] for day in self.days)
        return " ".join(
            part for part in (ORDINALS[self.ordinal], days, format_time(self.local_time), self.zone) if part
        )

    def describe(self) -> str:
        """Return the recurrence in words."""
        days = self._describe_days()
        if self.ordinal:
            days = f"{ORDINALS[self.ordinal]} {days} of the month"
        return f"every {days} at {format_time(self.local_time)}" + (f" ({self.zone})" if self.zone else "")

    def _describe_days(self) -> str:
        *others, last = (DAY_NAMES[day].capitalize() for day in self.days)
        return DAY_GROUPS.get(self.days) or " and ".join(part for part in (", ".join(others), last) if part)


def format_time(at: time) -> str:
    """Format a time as `9:00` or `17:30`."""
    return f"{at.hour}:{at.minute:02}"
