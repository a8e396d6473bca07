"""Save the transitions of runs, and do what follows from an outcome: count it, log it, and tell the owner."""

import logging
from collections.abc import Sequence
from datetime import datetime

from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.channel_lifecycle import notify_owners_of_pause
from bot.schedules.context import SchedulerContext
from bot.schedules.runs import (
    MAX_REASON_CHARS,
    Change,
    NotifyOwner,
    PauseChannel,
    Requested,
    RunEvent,
    create,
    transition,
)
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Run, RunState, Schedule

log = logging.getLogger(__name__)

FAILURES_BEFORE_NOTICE = 3  # in a row, before the owner is notified


class ScheduleFailingView(View):
    """The notice that a schedule fails."""

    channel: str
    why: str
    times: int
    schedule: ScheduleView


class LeaseLost(Exception):
    """The event came too late, or another worker has taken the run over."""


async def request_run(ctx: SchedulerContext, schedule: Schedule, at: datetime, by: str) -> None:
    """Add a run that somebody wants now."""
    await ctx.store.runs.add(create(Requested(schedule, at, by), ctx.now()))


async def record(ctx: SchedulerContext, run: Run, event: RunEvent) -> Change:
    """Save what an event makes of a run, and return that with what to do next; raise LeaseLost if it comes too late."""
    after, effects = transition(run, event, ctx.now())
    if after is run:
        raise LeaseLost
    pause = next((effect for effect in effects if isinstance(effect, PauseChannel)), None)
    if pause:
        await _save_and_pause(ctx, run, after, pause)
    elif not await ctx.store.runs.save([(run, after)]):
        raise LeaseLost
    await _follow_up(ctx, (after, effects))
    return after, effects


async def record_all(ctx: SchedulerContext, runs: Sequence[Run], event: RunEvent) -> None:
    """Save what an event makes of several runs, without those for which it comes too late."""
    changes = {run: transition(run, event, ctx.now()) for run in runs}
    saved = await ctx.store.runs.save((run, after) for run, (after, _) in changes.items() if after is not run)
    for after, effects in changes.values():
        if after in saved:
            await _follow_up(ctx, (after, effects))


async def _save_and_pause(ctx: SchedulerContext, run: Run, after: Run, pause: PauseChannel) -> None:
    paused = await ctx.store.runs.save_and_pause((run, after), pause.channel, pause.code, ctx.now())
    if paused is None:
        raise LeaseLost
    await notify_owners_of_pause(ctx, paused, pause.code)


async def _follow_up(ctx: SchedulerContext, change: Change) -> None:
    run, effects = change
    if run.outcome:
        _report_outcome(ctx, run, run.outcome)
    for effect in effects:
        if isinstance(effect, NotifyOwner):
            await _notify_owner_of_failures(ctx, run, at_once=effect.at_once)


def _report_outcome(ctx: SchedulerContext, run: Run, outcome: RunState) -> None:
    ctx.on_run_closed(outcome, (ctx.now() - run.at).total_seconds())
    facts = {
        "question": run.line,
        "outcome": outcome,
        "why": run.why,
        "schedule": run.schedule,
        "attempt": run.attempt,
    }
    is_delivered = outcome in (RunState.DELIVERED, RunState.QUIET)
    log.info("delivered" if is_delivered else "not delivered", extra={"facts": facts})


async def _notify_owner_of_failures(ctx: SchedulerContext, run: Run, *, at_once: bool) -> None:
    """Notify the owner once: of a permanent failure at once, else after several in a row."""
    recent = await ctx.store.runs.history([run.schedule], FAILURES_BEFORE_NOTICE + 1)
    schedule = await ctx.store.schedules.get(run.schedule)
    if schedule and (_is_new_failure(recent) if at_once else _just_reached_failure_limit(recent)):
        await notify_owner(ctx, schedule, run.why, times=1 if at_once else FAILURES_BEFORE_NOTICE)


async def notify_owner(ctx: SchedulerContext, schedule: Schedule, reason: str, *, times: int = 1) -> None:
    """Send the owner of a schedule a direct message that says why it fails."""
    shown = schedule_view(schedule)
    view = ScheduleFailingView(
        channel=schedule.channel, why=humanize.truncate_text(reason, MAX_REASON_CHARS), times=times, schedule=shown
    )
    await ctx.publisher.send_dm(schedule.owner, ctx.answers.notice("schedule_failing", view))


def _is_new_failure(recent: Sequence[Run]) -> bool:
    """Return whether the run before the latest one didn't fail for the same reason."""
    return (
        len(recent) < 2
        or recent[1].state is not RunState.FAILED
        or _without_reference(recent[0].why) != _without_reference(recent[1].why)
    )


def _just_reached_failure_limit(recent: Sequence[Run]) -> bool:
    """Return whether exactly as many runs in a row have failed as it takes for a notice."""
    failed = [run.state is RunState.FAILED for run in recent]
    return (
        len(failed) >= FAILURES_BEFORE_NOTICE
        and all(failed[:FAILURES_BEFORE_NOTICE])
        and not all(failed[FAILURES_BEFORE_NOTICE:] or [False])
    )


def _without_reference(reason: str) -> str:
    """Remove the reference, which differs each time, from a reason."""
    return reason.partition(" (Reference ")[0]
