"""Save the transitions of runs, pause and resume the schedules of channels, and notify owners."""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.context import SchedulerContext
from bot.schedules.delivery_errors import DeliveryError, explain_code
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
from bot.schedules.triggers import next_run_at, trigger_of, with_since
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Run, RunState, Schedule, ScheduleState

log = logging.getLogger(__name__)

FAILURES_BEFORE_NOTICE = 3  # in a row, before the owner is notified
AUTO_RESUME_CODES = ("not_in_channel", "is_archived", "channel_not_found")  # resolved by an invitation or un-archiving
TOKEN_CODES = (  # resolved by a token that Slack accepts
    "account_inactive",
    "token_revoked",
    "token_expired",
    "invalid_auth",
    "not_authed",
    "not_allowed_token_type",
)


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
    await ctx.store.runs.add(create(Requested(with_since(schedule, at), at, by), ctx.now()))


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


class ChannelLostView(View):
    """The notice that a channel is gone and its schedules are paused."""

    channel: str
    why: str
    returns: bool  # whether the schedules resume automatically
    resume: tuple[str, ...]  # the lines that resume each by hand
    schedules: tuple[ScheduleView, ...]


class ChannelRestoredView(View):
    """The notice that a channel's schedules have resumed."""

    schedules: tuple[ScheduleView, ...]


async def pause_channel(ctx: SchedulerContext, channel: str, code: str) -> None:
    """Pause all schedules of a channel that is gone, and notify each owner once."""
    paused = await ctx.store.schedules.pause_channel(ctx.team, channel, code, ctx.now())
    await notify_owners_of_pause(ctx, paused, code)


async def notify_owners_of_pause(ctx: SchedulerContext, paused: Sequence[Schedule], code: str) -> None:
    """Tell each owner of paused schedules of a channel, once, including how to resume."""
    for owner in dict.fromkeys(schedule.owner for schedule in paused):
        owned: Sequence[Schedule] = [schedule for schedule in paused if schedule.owner == owner]
        view = ChannelLostView(
            channel=owned[0].channel,
            why=explain_code(code),
            returns=code in AUTO_RESUME_CODES,
            resume=tuple(f"/insights resume {schedule.number}" for schedule in owned),
            schedules=tuple(map(schedule_view, owned)),
        )
        await ctx.publisher.send_dm(owner, ctx.answers.notice("channel_lost", view))


async def resume_after_reinstall(ctx: SchedulerContext) -> None:
    """Resume all schedules that were paused because of the token, now that Slack accepts it."""
    schedules = await ctx.store.schedules.list_all()
    channels = {schedule.channel for schedule in schedules if schedule.team == ctx.team and schedule.why in TOKEN_CODES}
    for channel in sorted(channels):
        await resume_channel(ctx, channel, TOKEN_CODES)


async def resume_channel(ctx: SchedulerContext, channel: str, codes: Collection[str] = AUTO_RESUME_CODES) -> None:
    """Resume a channel's schedules that were paused for one of these codes, and say so in the channel."""
    now, resumed = ctx.now(), []
    for schedule in await ctx.store.schedules.list_for_channel(ctx.team, channel):
        next_at = next_run_at(trigger_of(schedule), now)
        if schedule.why in codes and await ctx.store.schedules.resume(schedule.id, next_at, now):
            resumed.append(schedule_view(replace(schedule, state=ScheduleState.ACTIVE, next_at=next_at)))
    if resumed:
        notice = ctx.answers.notice("channel_restored", ChannelRestoredView(schedules=tuple(resumed)))
        with suppress(DeliveryError):
            async with ctx.publisher.throttle(channel):
                await ctx.publisher.post(channel, notice, f"back:{channel}@{int(now.timestamp())}")
