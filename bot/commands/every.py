"""`every`: schedule a question, whose answers are posted in this channel."""

from dataclasses import replace
from typing import Annotated

from bot.commands.base import Command, CommandContext, Membership, Publication
from bot.commands.quiet_preview import PreviewView, preview
from bot.commands.recurrence_parser import RECURRENCE
from bot.commands.schedule_lookup import SAVED_QUESTION, ChangedView, changed_fields, create_schedule
from bot.lines.spec import Params, bot_param
from bot.schedules.triggers import Recurrence, with_span


class EveryParams(Params):
    positional = ("when",)
    question_field = "question"

    when: Annotated[Recurrence, RECURRENCE, bot_param("when to post")]
    question: Annotated[str, SAVED_QUESTION, bot_param("what to ask")]


class EveryView(ChangedView):
    membership: Membership
    preview: PreviewView | None
    unchecked: str  # why LaunchDarkly couldn't be asked before it was saved


def _recurrence(params: EveryParams, ctx: CommandContext) -> Recurrence:
    return replace(params.when, zone=params.when.zone or ctx.caller.zone.key)


async def publishes(params: EveryParams, ctx: CommandContext) -> Publication:
    recurrence = _recurrence(params, ctx)
    return Publication(with_span(params.question, recurrence), recurrence.describe())


async def execute(params: EveryParams, ctx: CommandContext) -> EveryView:
    """Save the schedule, first due at the next time of its recurrence."""
    recurrence = _recurrence(params, ctx)
    created, unchecked = await create_schedule(params.question, recurrence, ctx)
    membership = await ctx.directory.membership(ctx.caller.channel)
    preview_view = await preview(created.schedule.line, ctx)
    return EveryView(**changed_fields(created, ctx), membership=membership, preview=preview_view, unchecked=unchecked)


COMMAND = Command[EveryParams, EveryView](
    name="every",
    summary="Post an answer here on a schedule",
    examples=(
        "every monday 9:00 digest web/production",
        "every weekday 17:30 Europe/Berlin events web/production since=1d",
        "every first monday 9:00 scores web/production",
    ),
    params=EveryParams,
    restricted=True,
    publishes=publishes,
    view=EveryView,
    execute=execute,
)
