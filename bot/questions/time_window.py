"""From when until when: a window as it was said, turned into moments."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.errors import InvalidLine
from bot.lines.timespec import format_exact, from_milliseconds, resolve_time, to_milliseconds
from bot.questions.base import QuestionContext


@dataclass(frozen=True, slots=True)
class Window:
    """Two moments, the earlier one first."""

    start: datetime
    end: datetime

    @classmethod
    def from_range(cls, start: int, end: int, zone: ZoneInfo) -> "Window":
        """From LaunchDarkly's milliseconds."""
        return cls(from_milliseconds(start, zone), from_milliseconds(end, zone))

    @property
    def milliseconds(self) -> tuple[int, int]:
        """As LaunchDarkly writes them."""
        return to_milliseconds(self.start), to_milliseconds(self.end)

    @property
    def absolute(self) -> tuple[str, str]:
        """As a button keeps them: they mean the same whenever it is pressed, and whoever presses it."""
        return format_exact(self.start), format_exact(self.end)

    @property
    def rfc3339(self) -> tuple[str, str]:
        """As RFC 3339 writes them."""
        start, end = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (self.start, self.end))
        return start, end


def parse_window(since: str, until: str | None, ctx: QuestionContext, *, corrected: str) -> Window:
    """The window that was said, up to now where no end was; where it is none, *instead* is what could be asked."""
    start = resolve_time(since, ctx.now, ctx.zone)
    end = resolve_time(until or "now", ctx.now, ctx.zone, end=True)
    if start.timestamp() >= end.timestamp():  # two moments of one zone are compared by the wall otherwise
        raise InvalidLine(
            (f"since={since} is not before {f'until={until}' if until else 'now'}.",), corrected=corrected
        )
    return Window(start, end)
