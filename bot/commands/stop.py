"""`stop`: a schedule ends. Its number is not given to another one, and its history stays for a while."""

from dataclasses import replace

from bot.commands.base import Circumstances, Order
from bot.commands.schedule_lookup import NumberQuery, meant
from bot.questions.base import View
from bot.schedules.views import ScheduleView, schedule_view


class StopView(View):
    """The schedule that was stopped; where it isn't clear which one is meant, the choices."""

    stopped: ScheduleView | None = None
    by: str = ""
    choices: tuple[ScheduleView, ...] = ()

    @property
    def public(self) -> bool:
        return self.stopped is not None


async def obey(query: NumberQuery, given: Circumstances) -> StopView:
    there = await given.store.schedules.of(given.place.team, given.place.channel)
    if query.number is None and len(there) > 1:
        return StopView(choices=tuple(map(schedule_view, there)))
    schedule = await meant(query.number, given)
    await given.store.schedules.change(schedule.id, given.now, state="stopped", next_at=None)
    return StopView(stopped=schedule_view(replace(schedule, next_at=None)), by=given.place.user)


ORDER = Order[NumberQuery, StopView](
    name="stop",
    summary="End a schedule",
    examples=("stop 3", "stop"),
    query=NumberQuery,
    guarded=True,
    view=StopView,
    obey=obey,
)
