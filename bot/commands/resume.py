"""`resume`: a schedule that rests goes on."""

from dataclasses import replace

from bot.commands.base import Circumstances, Order, Publication
from bot.commands.schedule_lookup import ChangedView, NumberQuery, changed, meant, publication
from bot.errors import Refused
from bot.schedules.trigger import next_of, rhythm


async def publishes(query: NumberQuery, given: Circumstances) -> Publication:
    return publication(await meant(query.number, given))


async def obey(query: NumberQuery, given: Circumstances) -> ChangedView:
    """What was due meanwhile is not made up for."""
    schedule = await meant(query.number, given)
    next_at = next_of(rhythm(schedule.cadence), given.now)
    if not await given.store.schedules.resume(schedule.id, next_at, given.now):
        raise Refused(f"Schedule {schedule.number} is not paused.", "`schedules` shows when it is due.")
    return changed(replace(schedule, state="active", why="", next_at=next_at), given)


ORDER = Order[NumberQuery, ChangedView](
    name="resume",
    summary="Let a schedule that rests go on",
    examples=("resume 3", "resume"),
    query=NumberQuery,
    guarded=True,
    publishes=publishes,
    view=ChangedView,
    obey=obey,
)
