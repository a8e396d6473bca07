"""`now`: a schedule is answered at once, and comes at its time all the same."""

from bot.orders._order import Circumstances, Order
from bot.orders._schedules import ChangedView, NumberQuery, changed, meant
from bot.schedules.cadence import CADENCE


async def obey(query: NumberQuery, given: Circumstances) -> ChangedView:
    schedule = await meant(query.number, given)
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
