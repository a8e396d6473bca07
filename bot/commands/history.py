"""`history`: list the last runs of this channel's schedules."""

import asyncio
from typing import Annotated

from bot.commands.base import Command, CommandContext
from bot.commands.schedule_lookup import SCHEDULE_NUMBER
from bot.errors import NotFound
from bot.lines.param_types import IntRange
from bot.lines.spec import Params, bot_param
from bot.questions.base import View
from bot.schedules.views import RunView, run_view

MAX_RUNS = 20


class HistoryParams(Params):
    positional = ("number",)

    number: Annotated[int | None, SCHEDULE_NUMBER, bot_param("only this schedule")] = None
    limit: Annotated[int, IntRange(1, MAX_RUNS), bot_param("how many runs, latest first")] = 10


class LinkedRunView(View):
    run: RunView
    link: str


class HistoryView(View):
    number: int | None
    runs: tuple[LinkedRunView, ...]
    left_out: bool
    more: str  # the line that shows more, if there is one


async def execute(params: HistoryParams, ctx: CommandContext) -> HistoryView:
    """List the last runs, including those of stopped schedules."""
    schedules = await ctx.store.schedules.list_with_stopped(ctx.caller.team, ctx.caller.channel)
    chosen = {schedule.id: schedule for schedule in schedules if params.number in (None, schedule.number)}
    if params.number and not chosen:
        raise NotFound(f"This channel never had a schedule {params.number}.", "`history` shows them all.")
    runs = await ctx.store.runs.history(list(chosen), params.limit + 1)
    shown_runs = runs[: params.limit]
    permalinks = await asyncio.gather(*(_permalink(run.ts, ctx) for run in shown_runs))
    views = [run_view(chosen[run.schedule], run, ctx.caller.zone) for run in shown_runs]
    return HistoryView(
        number=params.number,
        runs=tuple(LinkedRunView(run=view, link=permalink) for view, permalink in zip(views, permalinks, strict=True)),
        more=_more_line(params) if len(runs) > len(shown_runs) else "",
        left_out=len(runs) > len(shown_runs),
    )


def _more_line(params: HistoryParams) -> str:
    return "" if params.limit == MAX_RUNS else COMMAND.line({"number": params.number, "limit": MAX_RUNS})


async def _permalink(ts: str, ctx: CommandContext) -> str:
    return await ctx.scheduler.publisher.permalink(ctx.caller.channel, ts) if ts else ""


COMMAND = Command[HistoryParams, HistoryView](
    name="history",
    summary="Show past runs and how they went",
    examples=("history", "history 3 limit=20"),
    params=HistoryParams,
    view=HistoryView,
    execute=execute,
)
