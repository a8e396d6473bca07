"""`now`: a schedule is answered at once, and comes at its time all the same."""

from bot.errors import Refused
from bot.orders._order import Circumstances, Order
from bot.orders._schedules import ChangedView, NumberQuery, changed, meant
from bot.schedules.cadence import CADENCE


async def obey(query: NumberQuery, given: Circumstances) -> ChangedView:
    schedule = await meant(query.number, given)
    if not await given.reach.is_in(given.place.channel):
        todo = f"Type `/invite` and my name, and then `now {schedule.number}` once more."
        raise Refused("I am not in this channel, and cannot post in it.", todo)
    at = given.now.replace(microsecond=0)
    zone = CADENCE.read(schedule.cadence).zone
    await given.store.slots.ask_for(schedule, zone, at, by=given.place.user)
    given.reach.wake()
    return changed(schedule, given)


ORDER = Order[NumberQuery, ChangedView](
    name="now",
    summary="Send what a schedule asks at once",
    examples=("now 3", "now"),
    query=NumberQuery,
    guarded=True,
    view=ChangedView,
    obey=obey,
)
