"""`snooze`: a schedule leaves out its next time, or all until a moment."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.endpoints._query import own
from bot.errors import Refused
from bot.orders._order import Circumstances, Order
from bot.orders._schedules import ChangedView, NumberQuery, changed, meant
from bot.orders._until import UNTIL, ahead
from bot.schedules.cadence import CADENCE
from bot.schedules.due import following


class SnoozeQuery(NumberQuery):
    until: Annotated[str | None, UNTIL, own("it stays silent until then, instead of once")] = None


async def obey(query: SnoozeQuery, given: Circumstances) -> ChangedView:
    schedule = await meant(query.number, given)
    if schedule.next_at is None:
        raise Refused(f"Schedule {schedule.number} is paused.", f"`resume {schedule.number}` lets it go on.")
    next_at = following(CADENCE.read(schedule.cadence), _silent_until(query, schedule.next_at, given))
    await given.store.schedules.change(schedule.id, given.now, next_at=next_at)
    return changed(replace(schedule, next_at=next_at), given)


def _silent_until(query: SnoozeQuery, next_at: datetime, given: Circumstances) -> datetime:
    if query.until is None:
        return next_at
    until = ahead(query.until, given.now, given.zone)
    if until <= given.now:
        raise Refused("That moment has passed.", "Say a later one, such as 2026-12-24; without one, it is silent once.")
    return until - timedelta(microseconds=1)  # what is due at that very moment comes


ORDER = Order[SnoozeQuery, ChangedView](
    name="snooze",
    summary="Leave out a schedule's next time",
    examples=("snooze 3", "snooze 3 until=2026-12-24"),
    query=SnoozeQuery,
    public=True,
    guarded=True,
    view=ChangedView,
    obey=obey,
)
