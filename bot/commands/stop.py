"""`stop`: end a schedule, after asking. Its number isn't reused, and its history stays for a while."""

from dataclasses import replace

from bot.commands.base import Command, CommandContext
from bot.commands.schedule_lookup import ChangedView, NumberParams, changed_view, edit_schedule, resolve_schedule
from bot.notices import CONFIRMED_PREFIX, RUN_COMMAND
from bot.questions.base import View
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule, ScheduleState


class StopQuestionView(View):
    """The schedules of which one may be stopped: all that could be meant."""

    choices: tuple[ScheduleView, ...]
    does: str  # what their buttons do

    @property
    def notice_template(self) -> str:
        return "stop_question"


async def execute(params: NumberParams, ctx: CommandContext) -> ChangedView | StopQuestionView:
    """Stop a schedule. A pressed button has asked already; a typed line is answered with one."""
    schedules = await ctx.store.schedules.list_for_channel(ctx.caller.team, ctx.caller.channel)
    if params.number is None and len(schedules) > 1:
        return StopQuestionView(choices=tuple(map(schedule_view, schedules)), does=f"{RUN_COMMAND}-in-list")
    schedule = await resolve_schedule(params.number, ctx)
    if not ctx.caller.has_pressed:
        return StopQuestionView(choices=(schedule_view(schedule),), does=f"{CONFIRMED_PREFIX}{RUN_COMMAND}")
    return changed_view(await edit_schedule(schedule, _stop, ctx), ctx)


def _stop(schedule: Schedule) -> Schedule:
    return replace(schedule, state=ScheduleState.STOPPED, next_at=None)


COMMAND = Command[NumberParams, View](
    name="stop",
    summary="Stop a schedule",
    examples=("stop 3", "stop"),
    params=NumberParams,
    restricted=True,
    view=View,
    execute=execute,
)
