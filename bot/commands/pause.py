"""`pause`: pause a schedule until it is resumed."""

from dataclasses import replace

from bot.commands.base import Command, CommandContext
from bot.commands.schedule_lookup import ChangedView, NumberParams, changed_view, resolve_schedule
from bot.errors import Rejected
from bot.store import ScheduleState


async def execute(params: NumberParams, ctx: CommandContext) -> ChangedView:
    schedule = await resolve_schedule(params.number, ctx)
    if not await ctx.store.schedules.pause(schedule.id, "", ctx.now):
        raise Rejected(f"Schedule {schedule.number} is already paused.", f"Resume it with `resume {schedule.number}`.")
    return changed_view(replace(schedule, state=ScheduleState.PAUSED, next_at=None), ctx)


COMMAND = Command[NumberParams, ChangedView](
    name="pause",
    summary="Pause a schedule",
    examples=("pause 3", "pause"),
    params=NumberParams,
    restricted=True,
    view=ChangedView,
    execute=execute,
)
