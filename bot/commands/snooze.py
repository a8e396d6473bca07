"""`snooze`: a schedule leaves out its next time, or all until a moment."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.commands.base import Circumstances, Order
from bot.commands.future_time import UNTIL, ahead
from bot.commands.schedule_lookup import ChangedView, NumberQuery, meant
from bot.errors import Refused
from bot.lines.params import own
from bot.lines.timespec import milliseconds
from bot.messages import humanize
from bot.schedules.trigger import Watch, next_of, rhythm
from bot.schedules.views import schedule_view


class SnoozeQuery(NumberQuery):
    until: Annotated[str | None, UNTIL, own("it stays silent until then, instead of once")] = None


async def obey(query: SnoozeQuery, given: Circumstances) -> ChangedView:
    schedule = await meant(query.number, given)
    if schedule.next_at is None:
        raise Refused(f"Schedule {schedule.number} is paused.", f"`resume {schedule.number}` lets it go on.")
    found = rhythm(schedule.cadence)
    until = query.until or ("1d" if isinstance(found, Watch) else None)  # a watch has no next time to leave out
    next_at = next_of(found, _silent_until(until, schedule.next_at, given))
    await given.store.schedules.change(schedule.id, given.now, next_at=next_at)
    shown = schedule_view(replace(schedule, next_at=next_at))
    silent = humanize.stamp(milliseconds(next_at), ZoneInfo(found.zone))
    return ChangedView(schedule=shown.model_copy(update={"next": silent}), by=given.place.user)


def _silent_until(said: str | None, next_at: datetime, given: Circumstances) -> datetime:
    if said is None:
        return next_at
    until = ahead(said, given.now, given.zone)
    if until <= given.now:
        raise Refused("That moment has passed.", "Say a later one, such as 2026-12-24; without one, it is silent once.")
    return until - timedelta(microseconds=1)  # what is due at that very moment comes


ORDER = Order[SnoozeQuery, ChangedView](
    name="snooze",
    summary="Leave out a schedule's next time",
    examples=("snooze 3", "snooze 3 until=2026-12-24"),
    query=SnoozeQuery,
    guarded=True,
    view=ChangedView,
    obey=obey,
)
