"""`schedules`: what is asked by the clock in this channel, when next, and how it went last."""

from bot.commands.base import Circumstances, Order
from bot.lines.params import Query
from bot.questions.base import View
from bot.schedules.views import ScheduleView, SlotView, schedule_view, slot_view


class SchedulesQuery(Query):
    pass


class RowView(View):
    schedule: ScheduleView
    last: SlotView | None


class SchedulesView(View):
    rows: tuple[RowView, ...]


async def obey(_: SchedulesQuery, given: Circumstances) -> SchedulesView:
    rows = []
    for schedule in await given.store.schedules.of(given.place.team, given.place.channel):
        last = await given.store.slots.history([schedule.id], 1)
        rows.append(
            RowView(schedule=schedule_view(schedule), last=slot_view(schedule, last[0], given.zone) if last else None)
        )
    return SchedulesView(rows=tuple(rows))


ORDER = Order[SchedulesQuery, SchedulesView](
    name="schedules",
    summary="What is asked by the clock in this channel",
    examples=("schedules",),
    query=SchedulesQuery,
    view=SchedulesView,
    obey=obey,
)
