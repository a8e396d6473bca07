"""`history`: each time at which something was due in this channel, and what became of it."""

import asyncio
from typing import Annotated

from bot.commands.base import Circumstances, Order
from bot.commands.schedule_lookup import SCHEDULE_NUMBER
from bot.errors import NotFound
from bot.lines.param_types import Whole
from bot.lines.params import Query, own
from bot.questions.base import View
from bot.schedules.views import SlotView, slot_view

MOST = 20


class HistoryQuery(Query):
    words = ("number",)

    number: Annotated[int | None, SCHEDULE_NUMBER, own("only of this schedule")] = None
    limit: Annotated[int, Whole(1, MOST), own("how many times, the last ones")] = 10


class LinkedView(View):
    slot: SlotView
    link: str


class HistoryView(View):
    number: int | None
    slots: tuple[LinkedView, ...]
    left_out: bool
    more: str  # the line that shows more, as far as one does


async def obey(query: HistoryQuery, given: Circumstances) -> HistoryView:
    """Also of schedules that are stopped."""
    known = await given.store.schedules.ever(given.place.team, given.place.channel)
    chosen = {schedule.id: schedule for schedule in known if query.number in (None, schedule.number)}
    if query.number and not chosen:
        raise NotFound(f"There never was a schedule {query.number} in this channel.", "`history` shows all of them.")
    found = await given.store.slots.history(list(chosen), query.limit + 1)
    shown = found[: query.limit]
    links = await asyncio.gather(*(_link(slot.ts, given) for slot in shown))
    views = [slot_view(chosen[slot.schedule], slot, given.zone) for slot in shown]
    return HistoryView(
        number=query.number,
        slots=tuple(LinkedView(slot=view, link=link) for view, link in zip(views, links, strict=True)),
        more=_more(query) if len(found) > len(shown) else "",
        left_out=len(found) > len(shown),
    )


def _more(query: HistoryQuery) -> str:
    return "" if query.limit == MOST else ORDER.line({"number": query.number, "limit": MOST})


async def _link(ts: str, given: Circumstances) -> str:
    return await given.reach.link(given.place.channel, ts) if ts else ""


ORDER = Order[HistoryQuery, HistoryView](
    name="history",
    summary="What became of each time at which something was due",
    examples=("history", "history 3 limit=20"),
    query=HistoryQuery,
    view=HistoryView,
    obey=obey,
)
