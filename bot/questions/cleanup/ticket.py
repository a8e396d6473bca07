"""The text of a ticket: which flags to clean up, as plain text for a tracker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.questions.cleanup.wording import CandidateView

MAX_TICKET_CHARS = 3000  # Slack's limit of an input
MAX_TICKET_FLAGS = 50  # of a group; more never fit
RESERVED_CHARS = 60  # for the number of flags that don't fit


@dataclass(frozen=True)
class TicketGroup:
    """What to do, and with which flags."""

    heading: str
    flags: Sequence[CandidateView]


def ticket_text(title: str, groups: Sequence[TicketGroup], total: int, source: str) -> str:
    """Write a ticket about *total* flags. Those that don't fit are counted."""
    room, fitting = MAX_TICKET_CHARS - len(title) - len(source) - RESERVED_CHARS, list[str]()
    for entry in _entries(groups):
        room -= len(entry) + 1
        if room < 0:
            break
        fitting.append(entry)
    hidden = total - len(fitting)
    more = [f"… and {hidden:,} more"] if hidden else []
    return "\n".join([title, *fitting, *more, "", source])[:MAX_TICKET_CHARS]


def _entries(groups: Sequence[TicketGroup]) -> Iterator[str]:
    """Yield each flag with its address; the first of a group follows its heading."""
    for group in groups:
        for n, flag in enumerate(group.flags):
            heading = "" if n else f"\n{group.heading}\n"
            facts = ", ".join(filter(None, (flag.owner, flag.age, flag.usage, flag.code)))
            yield f"{heading}- {flag.flag}: {facts}\n  {flag.url}"
