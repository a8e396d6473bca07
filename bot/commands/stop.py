"""`stop`: end a schedule. Its number isn't reused, and its history stays for a while."""

from dataclasses import replace

from bot.commands.base import Command, CommandContext
from bot.commands.schedule_lookup import NumberParams, resolve_schedule
from bot.questions.base import View
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import ScheduleState


class StopView(View):
    """The schedule that was stopped, or the choices if several could be meant."""

    stopped: ScheduleView | None = None
    by: str = ""
    choices: tuple[ScheduleView, ...] = ()

    @property
    def public(self) -> bool:
        return self.stopped is not None


async def execute(params: NumberParams, ctx: CommandContext) -> StopView:
    schedules = await ctx.store.schedules.list_for_channel(ctx.caller.team, ctx.caller.channel)
    if params.number is None and len(schedules) > 1:
        return StopView(choices=tuple(map(schedule_view, schedules)))
    schedule = await resolve_schedule(params.number, ctx)
    await ctx.store.schedules.change(schedule.id, ctx.now, state=ScheduleState.STOPPED, next_at=None)
    return StopView(stopped=schedule_view(replace(schedule, next_at=None)), by=ctx.caller.user)


COMMAND = Command[NumberParams, StopView](
    name="stop",
    summary="Stop a schedule",
    examples=("stop 3", "stop"),
    params=NumberParams,
    restricted=True,
    view=StopView,
    execute=execute,
)
