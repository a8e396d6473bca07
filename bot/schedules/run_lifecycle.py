"""Close runs, each in its final state, and notify owners of failures."""

import logging
from collections.abc import Sequence

from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.context import SchedulerContext
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Run, Schedule

log = logging.getLogger(__name__)

FAILURES_BEFORE_NOTICE = 3  # in a row, before the owner is notified
MAX_REASON_CHARS = 300
MISSED_REASON = "The bot was offline."
UNCONFIRMED_REASON = "Slack didn't confirm the post."
INCOMPLETE_REASON = "The thread replies are missing."


class ScheduleFailingView(View):
    """The notice that a schedule fails."""

    channel: str
    why: str
    times: int
    schedule: ScheduleView


async def close_run(
    ctx: SchedulerContext, run: Run, state: str, reason: str = "", last_part: tuple[int, str] | None = None
) -> bool:
    """Close a run in this state, for the history and the log; return False if its lease was lost.

    The last part that was posted is recorded in the same transaction.
    """
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
    """Save the snapshot of a delivered answer, except of a run on request, which represents no week."""
    stored = None if run.by else await ctx.answer_store.get(run.query_key)
    if stored and stored.snapshot:
        await ctx.store.snapshots.add(run.team, stored.snapshot)
        stored.snapshot = None


async def finalize(ctx: SchedulerContext, run: Run, reason: str) -> None:
    """Give up on a run: close it as delivered if part of it was posted, unsure if part may have been, else failed."""
    current = await ctx.store.runs.get(run.schedule, run.at)
    if current and current.posted:
        await close_run(ctx, run, "delivered", f"{INCOMPLETE_REASON} {reason}")
    elif current and current.posting is not None:
        await close_run(ctx, run, "unsure", UNCONFIRMED_REASON)
    else:
        await fail_run(ctx, run, reason)


async def fail_run(ctx: SchedulerContext, run: Run, reason: str, *, permanent: bool = False) -> None:
    """Close a run as failed. Notify the owner once: of a permanent failure at once, else after several in a row."""
    if not await close_run(ctx, run, "failed", reason):
        return
    recent = await ctx.store.runs.history([run.schedule], FAILURES_BEFORE_NOTICE + 1)
    schedule = await ctx.store.schedules.get(run.schedule)
    if schedule and (_is_new_failure(recent) if permanent else _just_reached_failure_limit(recent)):
        await notify_owner(ctx, schedule, reason, times=1 if permanent else FAILURES_BEFORE_NOTICE)


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
        or recent[1].state != "failed"
        or _without_reference(recent[0].why) != _without_reference(recent[1].why)
    )


def _just_reached_failure_limit(recent: Sequence[Run]) -> bool:
    """Return whether exactly as many runs in a row have failed as it takes for a notice."""
    failed = [run.state == "failed" for run in recent]
    return (
        len(failed) >= FAILURES_BEFORE_NOTICE
        and all(failed[:FAILURES_BEFORE_NOTICE])
        and not all(failed[FAILURES_BEFORE_NOTICE:] or [False])
    )


def _without_reference(reason: str) -> str:
    """Remove the reference, which differs each time, from a reason."""
    return reason.partition(" (Reference ")[0]
