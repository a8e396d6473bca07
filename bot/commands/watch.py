"""`watch`: ask a question every few minutes, and post an alert when something changes.

`watch …` previews the alerts of the last week; `watch on …` starts the watch.
"""

from typing import TYPE_CHECKING, Annotated

from bot.access import Caller
from bot.commands.base import Command, CommandContext, Membership, Publication
from bot.commands.schedule_lookup import (
    SAVED_QUESTION,
    ChangedView,
    changed_fields,
    check_can_schedule,
    create_schedule,
)
from bot.lines.param_types import InvalidValue
from bot.lines.spec import Params, bot_param
from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.alerts import WatchItemView
from bot.schedules.triggers import WatchTrigger, describe_trigger
from bot.schedules.watch_job import preview_last_week

if TYPE_CHECKING:  # the command line loads the commands without the store
    from bot.schedules.context import SchedulerContext

MAX_PREVIEW_ITEMS = 5


class _OnKeywordType:
    """The word `on` before the question."""

    hint = "on"

    def recognizes(self, word: str) -> bool:
        return word.lower() == self.hint

    def read(self, word: str) -> str:
        if not self.recognizes(word):
            raise InvalidValue(f"“{word[:60]}” isn't on or a question")
        return self.hint

    def write(self, value: str) -> str:
        return value


class WatchParams(Params):
    positional = ("on",)
    question_field = "question"

    on: Annotated[str | None, _OnKeywordType(), bot_param("starts the watch; without it, you see a preview")] = None
    question: Annotated[str, SAVED_QUESTION, bot_param("what to watch")]


class AlertsOnView(ChangedView):
    """The watch that was started."""

    membership: Membership
    unchecked: str  # why LaunchDarkly couldn't be asked before it was saved

    @property
    def notice_template(self) -> str:
        return "alerts_on"


class WatchView(View):
    """A preview of a watch's alerts."""

    line: str
    membership: Membership
    start_line: str
    items: tuple[WatchItemView, ...]
    more: int
    total: str
    known: bool


async def publishes(params: WatchParams, ctx: CommandContext) -> Publication | None:
    when = describe_trigger(WatchTrigger(ctx.caller.zone.key), params.question)
    return Publication(params.question, when) if params.on else None


async def execute(params: WatchParams, ctx: CommandContext) -> AlertsOnView | WatchView:
    trigger = WatchTrigger(ctx.caller.zone.key)
    membership = await ctx.directory.membership(ctx.caller.channel)
    if params.on:
        created, unchecked = await create_schedule(params.question, trigger, ctx)
        ctx.scheduler.work_available.set()
        return AlertsOnView(**changed_fields(created, ctx), membership=membership, unchecked=unchecked)
    await check_can_schedule(params.question, trigger, ctx)
    return await preview_watch(params.question, ctx.scheduler, ctx.caller, membership=membership)


async def preview_watch(
    question: str, scheduler: "SchedulerContext", caller: Caller, membership: Membership
) -> WatchView:
    """Return the alerts of the last week, as examples of what a watch would post."""
    week = await preview_last_week(scheduler, question, caller)
    return WatchView(
        line=question,
        membership=membership,
        start_line=f"watch on {question}",
        items=week.items[:MAX_PREVIEW_ITEMS],
        more=len(week.items[MAX_PREVIEW_ITEMS:]),
        total=humanize.count(len(week.items), "alert"),
        known=week.known,
    )


COMMAND = Command[WatchParams, View](
    group="Alerts",
    name="watch",
    summary="Get alerts here when something changes (preview first)",
    examples=(
        "watch events web/production",
        "watch on flag new-checkout web/production",
        "watch scores web/production",
    ),
    params=WatchParams,
    restricted=True,
    publishes=publishes,
    view=View,
    execute=execute,
)
