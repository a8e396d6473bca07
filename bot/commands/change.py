"""`change`: change a schedule's time, or its question."""

from dataclasses import replace
from typing import Annotated, Any

from bot.commands.base import Command, CommandContext, Publication
from bot.commands.quiet_preview import PreviewView, preview
from bot.commands.recurrence_parser import RECURRENCE
from bot.commands.schedule_lookup import (
    SAVED_QUESTION,
    ChangedView,
    NumberParams,
    changed_fields,
    check_answer,
    edit_schedule,
    publication,
    resolve_schedule,
)
from bot.lines.spec import bot_param
from bot.schedules.question_check import CheckedQuestion, check_duplicate, check_question
from bot.schedules.triggers import Recurrence, follow_trigger, next_run_at, trigger_fields, trigger_of
from bot.store import Schedule


class ChangeParams(NumberParams):
    positional = ("number", "when")
    question_field = "question"

    when: Annotated[Recurrence | None, RECURRENCE, bot_param("when to post")] = None
    question: Annotated[str | None, SAVED_QUESTION, bot_param("what to ask")] = None

    def check(self) -> Any:
        if self.when is None and self.question is None:
            yield "Give a new time, a new question, or both."


class ChangeView(ChangedView):
    preview: PreviewView | None
    unchecked: str  # why LaunchDarkly couldn't be asked before it was saved


async def publishes(params: ChangeParams, ctx: CommandContext) -> Publication:
    return publication(_apply_change(await resolve_schedule(params.number, ctx), params, ctx))


async def execute(params: ChangeParams, ctx: CommandContext) -> ChangeView:
    current = await resolve_schedule(params.number, ctx)
    checked = await _check_question(current, params, ctx)

    def change(latest: Schedule) -> Schedule:
        return replace(_apply_change(latest, params, ctx), line=checked.line)

    changed = await edit_schedule(current, change, ctx)
    preview_view = await preview(changed.schedule.line, ctx) if params.question else None
    return ChangeView(**changed_fields(changed, ctx), preview=preview_view, unchecked=checked.unchecked)


async def _check_question(current: Schedule, params: ChangeParams, ctx: CommandContext) -> CheckedQuestion:
    """Check a new question with LaunchDarkly. One that stays the same may change its time without that."""
    schedule = _apply_change(current, params, ctx)
    trigger = trigger_of(schedule)
    check_question(schedule.line, trigger)
    in_channel = await ctx.store.schedules.list_for_channel(current.team, current.channel)
    check_duplicate(schedule.line, trigger, [other for other in in_channel if other.id != current.id])
    if params.question in (None, current.line):
        return CheckedQuestion(schedule.line)
    return await check_answer(schedule.line, trigger, ctx)


def _apply_change(schedule: Schedule, params: ChangeParams, ctx: CommandContext) -> Schedule:
    """Return the schedule as changed. A time without a zone keeps the schedule's zone."""
    current = trigger_of(schedule)
    trigger = replace(params.when, zone=params.when.zone or current.zone) if params.when else current
    next_at = next_run_at(trigger, ctx.now) if schedule.next_at and params.when else schedule.next_at
    line = follow_trigger(params.question or schedule.line, current, trigger)
    return replace(schedule, **trigger_fields(trigger), line=line, next_at=next_at)


COMMAND = Command[ChangeParams, ChangeView](
    name="change",
    summary="Change when a schedule runs, or what it asks",
    examples=("change 3 tuesday 10:00", "change 3 weekday 9:00 status web/production"),
    params=ChangeParams,
    restricted=True,
    publishes=publishes,
    view=ChangeView,
    execute=execute,
)
