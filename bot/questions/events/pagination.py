"""All events of a window, page after page, up to a number; the rest is counted."""

from dataclasses import dataclass

from bot.errors import Failure
from bot.questions.base import Ask
from bot.questions.composition import part
from bot.questions.daily_series import Counts, happened
from bot.questions.day_range import Days
from bot.questions.events import LARGEST_PAGE, EventsQuery, cursor_in, fetch
from bot.questions.events.reply import Event

MOST_PAGES = 5  # one after the other, each cursor standing in the page before
MOST = MOST_PAGES * LARGEST_PAGE


@dataclass(frozen=True)
class Read:
    """The events that were read, how many there are in all, and what stopped the reading where it failed."""

    events: tuple[Event, ...]
    total: int
    stopped: Failure | None = None

    @property
    def unread(self) -> int:
        return self.total - len(self.events)

    def by_day(self, days: Days) -> Counts:
        """How many there were on each day."""
        return happened(days, (event.time for event in self.events), unread=self.unread > 0)


async def read(query: EventsQuery, ask: Ask) -> Read:
    """Reads from the first page on. A page that comes again, or a cursor that leads nowhere, ends it.

    Where the first page fails nothing is known; where a later one does, what was read so far is kept."""
    pages: list[list[Event]] = []
    total, after, stopped = 0, query.after, None
    while len(pages) < MOST_PAGES:
        reply = await part(fetch(query.model_copy(update={"limit": LARGEST_PAGE, "after": after, "page": 1}), ask))
        if isinstance(reply, Failure):
            stopped = reply
            break
        total = max(total, reply.total or 0)
        if not reply.items or reply.items in pages:
            break
        pages.append(reply.items)
        after = cursor_in(reply, "next", "after")
        if after is None:
            break
    if stopped and not pages:
        raise stopped
    events = tuple(event for page in pages for event in page)[:MOST]
    return Read(events, max(total, len(events)), stopped)
