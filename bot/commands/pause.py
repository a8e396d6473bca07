"""`pause`: pause a schedule until it is resumed."""

from dataclasses import replace

from bot.commands.base import Command, CommandContext
from bot.commands.schedule_lookup import ChangedView, NumberParams, changed_view, edit_schedule, resolve_schedule
from bot.errors import Rejected
from bot.store import Schedule, ScheduleState


async def execute(params: NumberParams, ctx: CommandContext) -> ChangedView:
    schedule = await resolve_schedule(params.number, ctx)
    return changed_view(await edit_schedule(schedule, _pause, ctx), ctx)


def _pause(schedule: Schedule) -> Schedule:
    if schedule.state is ScheduleState.PAUSED:
        raise Rejected(f"Schedule {schedule.number} is already paused.", f"Resume it with `resume {schedule.number}`.")
    return replace(schedule, state=ScheduleState.PAUSED, why="", next_at=None)


COMMAND = Command[NumberParams, ChangedView](
    name="pause",
    summary="Pause a schedule",
    examples=("pause 3", "pause"),
    params=NumberParams,
    restricted=True,
    view=ChangedView,
    execute=execute,
)
