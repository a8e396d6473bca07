"""Fetches the events of a window page by page, up to a limit; the rest are only counted."""

from dataclasses import dataclass

from bot.errors import Failure
from bot.questions.base import QuestionContext
from bot.questions.composition import result_or_failure
from bot.questions.daily_series import CountsByDay, count_by_day
from bot.questions.day_range import Days
from bot.questions.events import MAX_PAGE_SIZE, EventsParams, cursor_from, fetch
from bot.questions.events.reply import Event

MAX_PAGES = 5  # sequential, since each cursor comes from the previous page
MAX_EVENTS = MAX_PAGES * MAX_PAGE_SIZE


@dataclass(frozen=True)
class EventList:
    """The events that were fetched, the total, and the failure that stopped fetching, if any."""

    events: tuple[Event, ...]
    total: int
    failure: Failure | None = None

    @property
    def unread(self) -> int:
        return self.total - len(self.events)

    def by_day(self, days: Days) -> CountsByDay:
        """Count the events of each day."""
        return count_by_day(days, (event.time for event in self.events), has_unread=self.unread > 0)


async def fetch_all(params: EventsParams, ctx: QuestionContext) -> EventList:
    """Fetch pages from the first one until a page repeats, is empty or has no next cursor.

    A failure of the first page is raised; a later one is returned with the events fetched so far."""
    pages: list[list[Event]] = []
    total, after, failure = 0, params.after, None
    while len(pages) < MAX_PAGES:
        reply = await result_or_failure(
            fetch(params.model_copy(update={"limit": MAX_PAGE_SIZE, "after": after, "page": 1}), ctx)
        )
        if isinstance(reply, Failure):
            failure = reply
            break
        total = max(total, reply.total or 0)
        if not reply.items or reply.items in pages:
            break
        pages.append(reply.items)
        after = cursor_from(reply, "next", "after")
        if after is None:
            break
    if failure and not pages:
        raise failure
    events = tuple(event for page in pages for event in page)[:MAX_EVENTS]
    return EventList(events, max(total, len(events)), failure)
