"""Pause and resume the schedules of channels, and notify owners."""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.messages import humanize
from bot.notices import JOIN_LABEL
from bot.questions.base import View
from bot.schedules.context import SchedulerContext
from bot.schedules.delivery_errors import NOT_IN_CHANNEL, DeliveryError, explain_code
from bot.schedules.runs import (
    MAX_REASON_CHARS,
)
from bot.schedules.triggers import next_run_at, trigger_of
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


async def notify_owner_of_failures(ctx: SchedulerContext, run: Run, *, at_once: bool) -> None:
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
    join_label: str  # of the button that adds the bot again; empty if it must be invited
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
    can_join = bool(paused) and code == "not_in_channel" and await ctx.publisher.can_join(paused[0].channel)
    for owner in dict.fromkeys(schedule.owner for schedule in paused):
        owned: Sequence[Schedule] = [schedule for schedule in paused if schedule.owner == owner]
        view = ChannelLostView(
            channel=owned[0].channel,
            why=NOT_IN_CHANNEL if can_join else explain_code(code),
            join_label=JOIN_LABEL if can_join else "",
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


async def resume_channel(ctx: SchedulerContext, channel: str, codes: Collection[str] = AUTO_RESUME_CODES) -> bool:
    """Resume a channel's schedules that were paused for one of these codes, and say so there. Return if any were."""
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
    return bool(resumed)
