"""`snooze`: skip a schedule's next run, or all runs until a given time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.commands.base import Command, CommandContext
from bot.commands.future_time import FUTURE_TIME, resolve_future_time
from bot.commands.schedule_lookup import ChangedView, NumberParams, resolve_schedule
from bot.errors import Rejected
from bot.lines.params import bot_param
from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.schedules.triggers import WatchTrigger, next_run_at, parse_trigger
from bot.schedules.views import schedule_view


class SnoozeParams(NumberParams):
    until: Annotated[str | None, FUTURE_TIME, bot_param("it stays silent until then, instead of once")] = None


async def execute(params: SnoozeParams, ctx: CommandContext) -> ChangedView:
    schedule = await resolve_schedule(params.number, ctx)
    if schedule.next_at is None:
        raise Rejected(f"Schedule {schedule.number} is paused.", f"`resume {schedule.number}` lets it go on.")
    trigger = parse_trigger(schedule.cadence)
    default_until = "1d" if isinstance(trigger, WatchTrigger) else None  # a watch has no next run to skip
    until = params.until or default_until
    next_at = next_run_at(trigger, _silent_until(until, schedule.next_at, ctx))
    await ctx.store.schedules.change(schedule.id, ctx.now, next_at=next_at)
    view = schedule_view(replace(schedule, next_at=next_at))
    silent_until = humanize.timestamp(to_milliseconds(next_at), ZoneInfo(trigger.zone))
    return ChangedView(schedule=view.model_copy(update={"next": silent_until}), by=ctx.origin.user)


def _silent_until(time_spec: str | None, next_at: datetime, ctx: CommandContext) -> datetime:
    if time_spec is None:
        return next_at
    until = resolve_future_time(time_spec, ctx.now, ctx.zone)
    if until <= ctx.now:
        raise Rejected(
            "That moment has passed.", "Say a later one, such as 2026-12-24; without one, it is silent once."
        )
    return until - timedelta(microseconds=1)  # a run due exactly then isn't skipped


COMMAND = Command[SnoozeParams, ChangedView](
    name="snooze",
    summary="Leave out a schedule's next time",
    examples=("snooze 3", "snooze 3 until=2026-12-24"),
    params=SnoozeParams,
    restricted=True,
    view=ChangedView,
    execute=execute,
)
