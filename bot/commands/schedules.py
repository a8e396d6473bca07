"""`schedules`: list this channel's schedules, each with its next and last run."""

from bot.commands.base import Command, CommandContext
from bot.lines.spec import Params
from bot.questions.base import View
from bot.schedules.views import RunView, ScheduleView, run_view, schedule_view


class SchedulesParams(Params):
    pass


class RowView(View):
    schedule: ScheduleView
    last: RunView | None


class SchedulesView(View):
    rows: tuple[RowView, ...]


async def execute(_: SchedulesParams, ctx: CommandContext) -> SchedulesView:
    rows = []
    for schedule in await ctx.store.schedules.list_for_channel(ctx.caller.team, ctx.caller.channel):
        last_runs = await ctx.store.runs.history([schedule.id], 1)
        rows.append(
            RowView(
                schedule=schedule_view(schedule),
                last=run_view(schedule, last_runs[0], ctx.caller.zone) if last_runs else None,
            )
        )
    return SchedulesView(rows=tuple(rows))


COMMAND = Command[SchedulesParams, SchedulesView](
    name="schedules",
    summary="List this channel's schedules",
    examples=("schedules",),
    params=SchedulesParams,
    view=SchedulesView,
    execute=execute,
)
