"""`pause`: a schedule rests until it is resumed."""

from dataclasses import replace

from bot.commands.base import Circumstances, Order
from bot.commands.schedule_lookup import ChangedView, NumberQuery, changed, meant
from bot.errors import Refused


async def obey(query: NumberQuery, given: Circumstances) -> ChangedView:
    schedule = await meant(query.number, given)
    if not await given.store.schedules.pause(schedule.id, "", given.now):
        raise Refused(f"Schedule {schedule.number} is paused already.", f"`resume {schedule.number}` lets it go on.")
    return changed(replace(schedule, state="paused", next_at=None), given)


ORDER = Order[NumberQuery, ChangedView](
    name="pause",
    summary="Let a schedule rest",
    examples=("pause 3", "pause"),
    query=NumberQuery,
    guarded=True,
    view=ChangedView,
    obey=obey,
)
