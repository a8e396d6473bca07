"""`resume`: resume a paused schedule."""

from dataclasses import replace

from bot.commands.base import Command, CommandContext, Publication
from bot.commands.schedule_lookup import (
    ChangedView,
    NumberParams,
    changed_view,
    edit_schedule,
    publication,
    resolve_schedule,
)
from bot.errors import Rejected
from bot.schedules.triggers import next_run_at, trigger_of
from bot.store import Schedule, ScheduleState


async def publishes(params: NumberParams, ctx: CommandContext) -> Publication:
    return publication(await resolve_schedule(params.number, ctx))


async def execute(params: NumberParams, ctx: CommandContext) -> ChangedView:
    """Resume at the next time. Runs missed while it was paused aren't caught up."""

    def resume(schedule: Schedule) -> Schedule:
        if schedule.state is not ScheduleState.PAUSED:
            raise Rejected(f"Schedule {schedule.number} isn't paused.", "`schedules` shows its next run.")
        next_at = next_run_at(trigger_of(schedule), ctx.now)
        return replace(schedule, state=ScheduleState.ACTIVE, why="", next_at=next_at)

    schedule = await resolve_schedule(params.number, ctx)
    return changed_view(await edit_schedule(schedule, resume, ctx), ctx)


COMMAND = Command[NumberParams, ChangedView](
    name="resume",
    summary="Resume a paused schedule",
    examples=("resume 3", "resume"),
    params=NumberParams,
    restricted=True,
    publishes=publishes,
    view=ChangedView,
    execute=execute,
)
