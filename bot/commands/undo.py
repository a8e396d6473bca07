"""`undo`: take back the last change of a schedule, for five minutes."""

from datetime import timedelta
from typing import Annotated

from bot.commands.base import Command, CommandContext, Publication
from bot.commands.schedule_lookup import (
    SCHEDULE_NUMBER,
    ChangedView,
    changed_view,
    find_schedule,
    publication,
    restart_hint,
)
from bot.errors import Rejected
from bot.lines.param_types import IntRange
from bot.lines.spec import Params, bot_param
from bot.schedules.question_check import check_channel
from bot.schedules.triggers import trigger_of
from bot.store import LastChange, Schedule, ScheduleState

UNDO_WINDOW = timedelta(minutes=5)


class UndoParams(Params):
    positional = ("number",)

    number: Annotated[int, SCHEDULE_NUMBER, bot_param("schedule number")]
    change: Annotated[int | None, IntRange(1, 1_000_000), bot_param("only if this is still the last change")] = None


async def publishes(params: UndoParams, ctx: CommandContext) -> Publication | None:
    before = (await _undoable_change(params, ctx)).before
    return publication(before) if before.state is ScheduleState.ACTIVE else None


async def execute(params: UndoParams, ctx: CommandContext) -> ChangedView:
    change = await _undoable_change(params, ctx)
    if change.before.state is not ScheduleState.STOPPED:
        await _check_room(change.before, ctx)
    changed = await ctx.store.schedules.undo(change, ctx.caller.user, ctx.now)
    if changed is None:
        raise _changed_since(change.before)
    ctx.scheduler.work_available.set()
    return changed_view(changed, ctx)


async def _undoable_change(params: UndoParams, ctx: CommandContext) -> LastChange:
    schedule = await find_schedule(params.number, ctx.store, ctx.caller.team, ctx.caller.channel)
    change = await ctx.store.schedules.last_change(schedule)
    if change is None or ctx.now - change.at > UNDO_WINDOW:
        raise Rejected("It's too late to undo that: you have five minutes.", _instead(schedule))
    if params.change not in (None, change.number):
        raise _changed_since(schedule)
    return change


async def _check_room(before: Schedule, ctx: CommandContext) -> None:
    """Raise Rejected if the channel has no room any more for the schedule as it was."""
    in_channel = await ctx.store.schedules.list_for_channel(before.team, before.channel)
    check_channel(before.line, trigger_of(before), [other for other in in_channel if other.id != before.id])


def _changed_since(schedule: Schedule) -> Rejected:
    what = f"Schedule {schedule.number} has been changed since then."
    return Rejected(what, "`schedules` shows it as it is now.")


def _instead(schedule: Schedule) -> str:
    """Return what to do when it is too late."""
    return (
        restart_hint(schedule) if schedule.state is ScheduleState.STOPPED else "`schedules` lets you change or stop it."
    )


COMMAND = Command[UndoParams, ChangedView](
    name="undo",
    summary="Undo the last change of a schedule, for 5 minutes",
    examples=("undo 3",),
    params=UndoParams,
    restricted=True,
    publishes=publishes,
    view=ChangedView,
    execute=execute,
)
