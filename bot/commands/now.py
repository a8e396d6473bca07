"""`now`: a schedule is answered at once, and comes at its time all the same."""

from bot.commands.base import Circumstances, Order, Publication
from bot.commands.schedule_lookup import NumberQuery, meant
from bot.errors import Refused
from bot.questions.base import View
from bot.schedules.trigger import rhythm
from bot.schedules.views import ScheduleView, schedule_view


class OnItsWayView(View):
    """The message itself says to all who wanted it."""

    schedule: ScheduleView


async def publishes(query: NumberQuery, given: Circumstances) -> Publication:
    return Publication((await meant(query.number, given)).line, "now")


async def obey(query: NumberQuery, given: Circumstances) -> OnItsWayView:
    schedule = await meant(query.number, given)
    if not await given.reach.is_in(given.place.channel):
        todo = f"Type `/invite` and my name, and then `now {schedule.number}` once more."
        raise Refused("I am not in this channel, and cannot post in it.", todo)
    at = given.now.replace(microsecond=0)
    zone = rhythm(schedule.cadence).zone
    await given.store.slots.ask_for(schedule, zone, at, by=given.place.user)
    given.reach.wake()
    return OnItsWayView(schedule=schedule_view(schedule))


ORDER = Order[NumberQuery, OnItsWayView](
    name="now",
    summary="Send what a schedule asks at once",
    examples=("now 3", "now"),
    query=NumberQuery,
    guarded=True,
    publishes=publishes,
    view=OnItsWayView,
    obey=obey,
)
