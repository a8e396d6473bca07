"""`now`: run a schedule at once. Its next scheduled run stays as it is."""

from bot.commands.base import Command, CommandContext, Publication
from bot.commands.schedule_lookup import NumberParams, resolve_schedule
from bot.errors import NotInChannel
from bot.questions.base import View
from bot.schedules.scheduler import request_run
from bot.schedules.views import ScheduleView, schedule_view


class RunQueuedView(View):
    """The confirmation, for the caller only: the message itself says who requested it."""

    schedule: ScheduleView


async def publishes(params: NumberParams, ctx: CommandContext) -> Publication:
    return Publication((await resolve_schedule(params.number, ctx)).line, "now")


async def execute(params: NumberParams, ctx: CommandContext) -> RunQueuedView:
    schedule = await resolve_schedule(params.number, ctx)
    membership = await ctx.directory.membership(ctx.caller.channel)
    if not membership.is_member:
        first = "Add me" if membership.join_channel else "Invite me with `/invite @insights`"
        todo = f"{first}, then run `now {schedule.number}` again."
        raise NotInChannel("I'm not in this channel, so I can't post here.", todo, membership.join_channel)
    due_at = ctx.now.replace(microsecond=0)
    await request_run(ctx.scheduler, schedule, due_at, by=ctx.caller.user)
    ctx.scheduler.work_available.set()
    return RunQueuedView(schedule=schedule_view(schedule))


COMMAND = Command[NumberParams, RunQueuedView](
    name="now",
    summary="Run a schedule now",
    examples=("now 3", "now"),
    params=NumberParams,
    restricted=True,
    publishes=publishes,
    view=RunQueuedView,
    execute=execute,
)
