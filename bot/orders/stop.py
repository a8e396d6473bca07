"""`stop`: a schedule ends. Its number is not given to another one, and its history stays for a while."""

from dataclasses import replace

from bot.orders._order import Circumstances, Order
from bot.orders._schedules import ChangedView, NumberQuery, changed, meant


async def obey(query: NumberQuery, given: Circumstances) -> ChangedView:
    schedule = await meant(query.number, given)
    await given.store.schedules.change(schedule.id, given.now, state="stopped", next_at=None)
    return changed(replace(schedule, next_at=None), given)


ORDER = Order[NumberQuery, ChangedView](
    name="stop",
    summary="End a schedule",
    examples=("stop 3", "stop"),
    query=NumberQuery,
    guarded=True,
    view=ChangedView,
    obey=obey,
)
