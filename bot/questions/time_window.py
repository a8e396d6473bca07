"""Time windows: typed `since` and `until` values resolved to a start and an end."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.errors import InvalidLine
from bot.lines.timespec import format_exact, from_milliseconds, resolve_time, to_milliseconds
from bot.questions.base import QuestionContext


@dataclass(frozen=True, slots=True)
class Window:
    """A start and an end."""

    start: datetime
    end: datetime

    @classmethod
    def from_range(cls, start: int, end: int, zone: ZoneInfo) -> "Window":
        """Build a window from epoch milliseconds."""
        return cls(from_milliseconds(start, zone), from_milliseconds(end, zone))

    @property
    def milliseconds(self) -> tuple[int, int]:
        """The start and end in LaunchDarkly's epoch milliseconds."""
        return to_milliseconds(self.start), to_milliseconds(self.end)

    @property
    def absolute(self) -> tuple[str, str]:
        """The start and end with UTC offsets, for a button: they mean the same at any time and for any person."""
        return format_exact(self.start), format_exact(self.end)

    @property
    def rfc3339(self) -> tuple[str, str]:
        """The start and end in RFC 3339 format."""
        start, end = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (self.start, self.end))
        return start, end


def parse_window(since: str, until: str | None, ctx: QuestionContext, *, corrected: str) -> Window:
    """Resolve a window that ends now by default. An invalid one raises InvalidLine with the line `corrected`."""
    start = resolve_time(since, ctx.now, ctx.zone)
    end = resolve_time(until or "now", ctx.now, ctx.zone, end=True)
    # Datetimes of one zone would compare by local time, which is wrong around a DST change.
    if start.timestamp() >= end.timestamp():
        raise InvalidLine(
            (f"since={since} is not before {f'until={until}' if until else 'now'}.",), corrected=corrected
        )
    return Window(start, end)
