"""The query job: ask a scheduled question once, for all runs that wait for its answer."""

import logging
from collections.abc import Sequence
from datetime import datetime

from bot.answers import Answer
from bot.errors import PERMANENT_FAILURES, TRANSIENT_FAILURES
from bot.schedules.context import SchedulerContext, serialize_answer
from bot.schedules.runs import MISSED_REASON, GaveUp, Retried, Skipped
from bot.schedules.scheduler import record_all
from bot.store import QueryKey, Run

log = logging.getLogger(__name__)

TRANSIENT_OUTCOMES = tuple(failure.outcome for failure in TRANSIENT_FAILURES)
PERMANENT_OUTCOMES = tuple(failure.outcome for failure in PERMANENT_FAILURES)


async def answer_query(ctx: SchedulerContext, query_key: QueryKey) -> list[Run]:
    """Fetch and store the answer, unless it is stored already, and return the runs that it can be delivered to."""
    runs = ctx.store.runs
    if not await runs.get_answer(query_key) and not await _fetch_answer(ctx, query_key):
        return []
    # List them only now that the answer is stored: runs offered before that were left for this job to deliver.
    return await runs.list_awaiting(query_key)


async def _fetch_answer(ctx: SchedulerContext, query_key: QueryKey) -> bool:
    """Ask the question; return whether its answer is stored."""
    runs = await ctx.store.runs.list_awaiting(query_key)
    if not runs:
        return False
    if ctx.is_late(query_key.at, max(run.attempt for run in runs)):
        await record_all(ctx, runs, Skipped(MISSED_REASON))
        return False
    answer = await ctx.answers.answer(query_key.line, ctx.caller(query_key.zone))
    facts = {
        "question": query_key.line,
        "outcome": answer.outcome,
        "channels": len(runs),
        "reference": answer.reference,
    }
    log.info("asked", extra={"facts": facts})
    return await _store_answer(ctx, query_key, answer)


async def _store_answer(ctx: SchedulerContext, query_key: QueryKey, answer: Answer) -> bool:
    """Store an answer, or retry or fail its runs; return whether an answer is stored."""
    runs = await ctx.store.runs.list_awaiting(query_key)  # read again: runs were added, or another process answered
    if not runs or await ctx.store.runs.get_answer(query_key):
        return bool(runs)
    if retry_at := _retry_at(ctx, runs, answer):
        await record_all(ctx, runs, Retried(retry_at))
        return False
    if answer.outcome != "answered":
        await _fail_all_runs(ctx, query_key, answer)
        return False
    await ctx.store.runs.save_answer(query_key, serialize_answer(answer), ctx.now(), quiet=answer.is_quiet)
    return True


async def _fail_all_runs(ctx: SchedulerContext, query_key: QueryKey, answer: Answer) -> None:
    """Fail all runs that wait, also those added meanwhile: no other job would ask for them."""
    failed_ids, permanent = set[str](), answer.outcome in PERMANENT_OUTCOMES
    while runs := [run for run in await ctx.store.runs.list_awaiting(query_key) if run.schedule not in failed_ids]:
        await record_all(ctx, runs, GaveUp(_failure_reason(answer), permanent))
        failed_ids |= {run.schedule for run in runs}


def _retry_at(ctx: SchedulerContext, runs: Sequence[Run], answer: Answer) -> datetime | None:
    """Return when to ask again, if at all.

    A transient failure is retried for the whole catch-up window. A partial answer is retried for a quarter of it in the
    hope of a complete one, unless a run was requested by somebody, who is waiting.
    """
    retry_at = ctx.now() + ctx.timing.backoff(max(run.attempt for run in runs))
    await_complete = answer.is_partial and not any(run.by for run in runs)
    timeout = ctx.timing.catch_up_window / (4 if await_complete else 1)
    return (
        retry_at
        if (await_complete or answer.outcome in TRANSIENT_OUTCOMES) and retry_at <= runs[0].at + timeout
        else None
    )


def _failure_reason(answer: Answer) -> str:
    """Return the reason for people: without the advice to ask again where the schedule itself does that."""
    return answer.error_summary if answer.outcome in TRANSIENT_OUTCOMES else answer.error_text
