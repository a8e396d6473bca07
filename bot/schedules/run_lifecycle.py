"""A slot is closed, well or not. Where a destination is gone its schedules are paused, and their owners told once."""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.channel_errors import TOKEN_CODES, explain_code
from bot.schedules.context import SchedulerContext
from bot.schedules.publisher import DeliveryError
from bot.schedules.trigger import next_run_at, parse_trigger
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Run, Schedule

log = logging.getLogger(__name__)

FAILURES_BEFORE_NOTICE = 3  # failures in a row, of which the owner hears
MAX_REASON_CHARS = 300
MISSED_REASON = "I was not there in time."
UNCONFIRMED_REASON = "Slack did not say whether it was posted."
INCOMPLETE_REASON = "What belongs below it is missing."
AUTO_RESUME_CODES = ("not_in_channel", "is_archived", "channel_not_found")  # an invitation or un-archiving ends these


class ChannelLostView(View):
    channel: str
    why: str
    returns: bool  # whether it is noticed when the channel is open again
    resume: tuple[str, ...]  # the lines that let each go on
    schedules: tuple[ScheduleView, ...]


class ScheduleFailingView(View):
    channel: str
    why: str
    times: int
    schedule: ScheduleView


class ChannelRestoredView(View):
    schedules: tuple[ScheduleView, ...]


async def close_run(
    ctx: SchedulerContext, run: Run, state: str, reason: str = "", last_part: tuple[int, str] | None = None
) -> bool:
    """What became of a slot, for the history and the log; whether it was still one's own to say that. The *last*
    message of it that was posted is kept with that."""
    if state in ("delivered", "quiet"):
        await _save_snapshot(ctx, run)
    if not await ctx.store.runs.close(
        run, state, humanize.truncate_text(reason, MAX_REASON_CHARS), ctx.now(), last_part
    ):
        return False
    ctx.on_run_closed(state, (ctx.now() - run.at).total_seconds())
    facts = {"question": run.line, "outcome": state, "why": reason, "schedule": run.schedule, "attempt": run.attempt}
    log.info("delivered" if state in ("delivered", "quiet") else "not delivered", extra={"facts": facts})
    return True


async def _save_snapshot(ctx: SchedulerContext, run: Run) -> None:
    """Keep the snapshot of what a slot has got. What somebody wanted at once stands for no week."""
    stored = None if run.by else await ctx.answers_cache.get(run.query_key)
    if stored and stored.snapshot:
        await ctx.store.snapshots.add(run.team, stored.snapshot)
        stored.snapshot = None


async def finalize(ctx: SchedulerContext, run: Run, reason: str) -> None:
    """It goes no further: with what stands in the channel, or may stand there, or with nothing."""
    current = await ctx.store.runs.get(run.schedule, run.at)
    if current and current.posted:
        await close_run(ctx, run, "delivered", f"{INCOMPLETE_REASON} {reason}")
    elif current and current.posting is not None:
        await close_run(ctx, run, "unsure", UNCONFIRMED_REASON)
    else:
        await fail_run(ctx, run, reason)


async def fail_run(ctx: SchedulerContext, run: Run, reason: str, *, permanent: bool = False) -> None:
    """It failed for good. The owner is told once: at once of what is *lasting*, and else when it has happened several
    times in a row."""
    if not await close_run(ctx, run, "failed", reason):
        return
    recent = await ctx.store.runs.history([run.schedule], FAILURES_BEFORE_NOTICE + 1)
    schedule = await ctx.store.schedules.get(run.schedule)
    if schedule and (_is_new_failure(recent) if permanent else _just_reached_failure_limit(recent)):
        await notify_owner(ctx, schedule, reason, times=1 if permanent else FAILURES_BEFORE_NOTICE)


async def notify_owner(ctx: SchedulerContext, schedule: Schedule, reason: str, *, times: int = 1) -> None:
    """Tell the owner of a schedule why it fails."""
    shown = schedule_view(schedule)
    view = ScheduleFailingView(
        channel=schedule.channel, why=humanize.truncate_text(reason, MAX_REASON_CHARS), times=times, schedule=shown
    )
    await ctx.publisher.send_dm(schedule.owner, ctx.answers.notice("failing", view))


def _is_new_failure(recent: Sequence[Run]) -> bool:
    """Whether the one before the last run did not fail for the same reason."""
    return (
        len(recent) < 2
        or recent[1].state != "failed"
        or _without_reference(recent[0].why) != _without_reference(recent[1].why)
    )


def _just_reached_failure_limit(recent: Sequence[Run]) -> bool:
    """Whether just so many runs in a row have failed."""
    failed = [run.state == "failed" for run in recent]
    return (
        len(failed) >= FAILURES_BEFORE_NOTICE
        and all(failed[:FAILURES_BEFORE_NOTICE])
        and not all(failed[FAILURES_BEFORE_NOTICE:] or [False])
    )


def _without_reference(reason: str) -> str:
    """Why a run failed, without the reference that is another one each time."""
    return reason.partition(" (Reference ")[0]


async def pause_channel(ctx: SchedulerContext, channel: str, code: str) -> None:
    """A channel is gone: its schedules are paused, and each owner is told once."""
    paused = [
        schedule
        for schedule in await ctx.store.schedules.list_for_channel(ctx.team, channel)
        if await ctx.store.schedules.pause(schedule.id, code, ctx.now())
    ]
    for owner in dict.fromkeys(schedule.owner for schedule in paused):
        owned: Sequence[Schedule] = [schedule for schedule in paused if schedule.owner == owner]
        view = ChannelLostView(
            channel=channel,
            why=explain_code(code),
            returns=code in AUTO_RESUME_CODES,
            resume=tuple(f"/insights resume {schedule.number}" for schedule in owned),
            schedules=tuple(map(schedule_view, owned)),
        )
        await ctx.publisher.send_dm(owner, ctx.answers.notice("paused", view))


async def resume_after_reinstall(ctx: SchedulerContext) -> None:
    """Slack takes the bot's token: what was paused because it did not goes on."""
    schedules = await ctx.store.schedules.list_all()
    channels = {schedule.channel for schedule in schedules if schedule.team == ctx.team and schedule.why in TOKEN_CODES}
    for channel in sorted(channels):
        await resume_channel(ctx, channel, TOKEN_CODES)


async def resume_channel(ctx: SchedulerContext, channel: str, codes: Collection[str] = AUTO_RESUME_CODES) -> None:
    """The bot may post there again: what was paused for what has *ended* goes on, and that is said in the channel."""
    now, resumed = ctx.now(), []
    for schedule in await ctx.store.schedules.list_for_channel(ctx.team, channel):
        next_at = next_run_at(parse_trigger(schedule.cadence), now)
        if schedule.why in codes and await ctx.store.schedules.resume(schedule.id, next_at, now):
            resumed.append(schedule_view(replace(schedule, state="active", next_at=next_at)))
    if resumed:
        notice = ctx.answers.notice("back", ChannelRestoredView(schedules=tuple(resumed)))
        with suppress(DeliveryError):
            async with ctx.publisher.throttle(channel):
                await ctx.publisher.post(channel, notice, f"back:{channel}@{int(now.timestamp())}")
