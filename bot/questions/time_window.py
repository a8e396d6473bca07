"""From when until when: a window as it was said, turned into moments."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.errors import Mistyped
from bot.lines.timespec import exact, from_milliseconds, milliseconds, moment
from bot.questions.base import Ask


@dataclass(frozen=True, slots=True)
class Window:
    """Two moments, the earlier one first."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: int, end: int, zone: ZoneInfo) -> "Window":
        """From LaunchDarkly's milliseconds."""
        return cls(from_milliseconds(start, zone), from_milliseconds(end, zone))

    @property
    def milliseconds(self) -> tuple[int, int]:
        """As LaunchDarkly writes them."""
        return milliseconds(self.start), milliseconds(self.end)

    @property
    def absolute(self) -> tuple[str, str]:
        """As a button keeps them: they mean the same whenever it is pressed, and whoever presses it."""
        return exact(self.start), exact(self.end)

    @property
    def dates(self) -> tuple[str, str]:
        """As RFC 3339 writes them."""
        start, end = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (self.start, self.end))
        return start, end


def window(since: str, until: str | None, ask: Ask, *, instead: str) -> Window:
    """The window that was said, up to now where no end was; where it is none, *instead* is what could be asked."""
    start = moment(since, ask.now, ask.zone)
    end = moment(until or "now", ask.now, ask.zone, end=True)
    if start.timestamp() >= end.timestamp():  # two moments of one zone are compared by the wall otherwise
        raise Mistyped((f"since={since} is not before {f'until={until}' if until else 'now'}.",), corrected=instead)
    return Window(start, end)
