"""The delivery job: post an answer and its thread into a run's channel, each part exactly once.

A write-ahead marker is stored before each part is posted. On recovery, a marker without an outcome means: search the
channel for the part's metadata key before posting again. Without access to the history, give up rather than duplicate.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.messages.message import Message
from bot.schedules.answer_store import deserialize_message
from bot.schedules.channel_lifecycle import pause_channel
from bot.schedules.context import MAX_RETRY_DELAY, SchedulerContext
from bot.schedules.delivery_errors import (
    CHANNEL_NOT_ALLOWED,
    MESSAGE_REJECTED,
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    HistoryUnavailable,
    InvalidMessage,
    RateLimited,
    Unavailable,
    explain_code,
)
from bot.schedules.run_lifecycle import MISSED_REASON, close_run, fail_run, finalize
from bot.schedules.views import footer_view
from bot.store import Run, Schedule

log = logging.getLogger(__name__)

MAX_MISSED_RUNS = 30  # more aren't loaded for the footer
STOPPED_REASON = "The schedule was paused or stopped first."
UNVERIFIED_REASON = "Possibly posted. I can't read this channel's history, so I won't risk a duplicate."
PARTLY_UNVERIFIED_REASON = (
    "The thread replies may be missing. I can't read this channel's history, so I won't risk a duplicate."
)
TIMEOUT_REASON = "Slack didn't accept it in time."

DeliveryTarget = tuple[Schedule, list[datetime]]  # a run's schedule, and the runs missed before it


async def deliver(ctx: SchedulerContext, schedule_id: str, due_at: datetime) -> None:
    """Deliver the answer to one run, unless that is done or in progress."""
    if (schedule_id, due_at) in ctx.delivering:
        return
    ctx.delivering.add((schedule_id, due_at))
    try:
        await _claim_and_deliver(ctx, schedule_id, due_at)
    finally:
        ctx.delivering.discard((schedule_id, due_at))


async def _claim_and_deliver(ctx: SchedulerContext, schedule_id: str, due_at: datetime) -> None:
    now, store = ctx.now(), ctx.store
    run = await store.runs.lease(schedule_id, due_at, ctx.worker, now, now + ctx.timing.lease)
    target = run and await store.runs.schedule_and_missed(run, MAX_MISSED_RUNS)
    if not run or not target:
        return
    if target[0].state != "active" and not run.by:
        await close_run(ctx, run, "skipped", STOPPED_REASON)
    elif not ctx.rules.allows_channel(target[0].channel):
        await fail_run(ctx, run, CHANNEL_NOT_ALLOWED, permanent=True)
    elif run.said:
        await _deliver(ctx, target, run, deserialize_message(run.said), "delivered")
    elif stored := await ctx.answer_store.get(run.query_key):
        await _deliver(ctx, target, run, stored.message, "quiet" if stored.quiet else "delivered")
    else:  # the answer was pruned meanwhile, so ask again
        await store.runs.retry_at([run], now)


async def _deliver(
    ctx: SchedulerContext, target: DeliveryTarget, run: Run, answer: Message, success_state: str
) -> None:
    message, channel = _with_footer(ctx, target, run, answer), target[0].channel
    try:
        async with asyncio.timeout(ctx.timing.lease.total_seconds() / 2):
            last_part = await Delivery(ctx, channel, run).post(message)
        await _close_delivered(ctx, run, success_state, last_part)
    except (RateLimited, Unavailable, DeliveryUnknown, TimeoutError) as error:
        await _retry_or_finalize(ctx, run, error)
    except MissedWindow:
        await close_run(ctx, run, "skipped", MISSED_REASON)
    except LeaseLost:
        log.warning("another process is delivering it", extra={"facts": {"schedule": run.schedule}})
    except HistoryUnavailable:
        await _mark_unconfirmed(ctx, run)
    except InvalidMessage as error:
        await finalize(ctx, run, MESSAGE_REJECTED.format(error.code))
    except ChannelClosed as error:
        await finalize(ctx, run, explain_code(error.code))
        await pause_channel(ctx, channel, error.code)


def _with_footer(ctx: SchedulerContext, target: DeliveryTarget, run: Run, message: Message) -> Message:
    """Return the message with the footer below it."""
    schedule, missed_at = target
    return message.with_footer(ctx.answers.notice("schedule_footer", footer_view(schedule, run, missed_at)))


async def _retry_or_finalize(ctx: SchedulerContext, run: Run, error: Exception) -> None:
    """Schedule another attempt within the catch-up window; after it, give up."""
    min_delay = timedelta(seconds=error.retry_after if isinstance(error, RateLimited) else 0)
    retry_at = ctx.now() + max(ctx.timing.backoff(run.attempt), min_delay)
    if retry_at <= run.at + ctx.timing.catch_up_window:
        await ctx.store.runs.retry_at([run], retry_at)
    else:
        await finalize(ctx, run, TIMEOUT_REASON)


async def _close_delivered(ctx: SchedulerContext, run: Run, state: str, last_part: tuple[int, str] | None) -> None:
    if not await close_run(ctx, run, state, last_part=last_part):
        raise LeaseLost


async def _mark_unconfirmed(ctx: SchedulerContext, run: Run) -> None:
    """Close a run whose posted messages can't be verified, without posting again."""
    current = await ctx.store.runs.get(run.schedule, run.at)
    if current and current.posted:
        await close_run(ctx, run, "delivered", PARTLY_UNVERIFIED_REASON)
    else:
        await close_run(ctx, run, "unsure", UNVERIFIED_REASON)


class MissedWindow(DeliveryError):
    """The catch-up window ended before anything was posted."""


class LeaseLost(Exception):
    """This process stalled for so long that another one may have leased the run."""


@dataclass
class Delivery:
    """The delivery of one answer to one channel."""

    ctx: SchedulerContext
    channel: str
    run: Run

    async def post(self, message: Message) -> tuple[int, str] | None:
        """Post the missing parts in order.

        Return the index and `ts` of the last part, which the caller records as it closes the run; None if all parts
        were posted before.
        """
        messages = (message, *message.thread)
        for part, piece in enumerate(messages[self.run.posted :], self.run.posted):
            ts = await self._find_part(part) or await self._post_part(part, piece)
            if part == len(messages) - 1:
                return part, ts
            await self._record_part(part, ts)
        return None

    async def _record_part(self, part: int, ts: str) -> None:
        if not await self.ctx.store.runs.mark_posted(self.run, part, ts):
            raise LeaseLost
        self.run = replace(self.run, posted=part + 1, posting=None, ts=ts if part == 0 else self.run.ts)

    async def _find_part(self, part: int) -> str | None:
        """Return the `ts` of a part that an earlier attempt may have posted; it may take a moment to become visible."""
        if self.run.posting != part or self.run.posting_at is None:
            return None
        ts = await self.ctx.publisher.find(self.channel, self._key(part), self.run.posting_at, self._thread_ts(part))
        if ts is None and self.ctx.now() < self.run.posting_at + self.ctx.timing.confirm_window:
            raise DeliveryUnknown
        return ts

    async def _post_part(self, part: int, piece: Message) -> str:
        if part == 0 and self._is_missed:
            raise MissedWindow
        async with self.ctx.publisher.throttle(self.channel), self._write_ahead(part):
            return await self.ctx.publisher.post(self.channel, piece, self._key(part), self._thread_ts(part))

    @asynccontextmanager
    async def _write_ahead(self, part: int) -> AsyncIterator[None]:
        """Store the marker just before posting, and clear it if Slack certainly didn't accept the message."""
        if not await self.ctx.store.runs.mark_posting(self.run, part, self.ctx.now()):
            raise LeaseLost
        try:
            if not self._has_lease_time:
                raise Unavailable
            yield
        except (RateLimited, Unavailable, ChannelClosed, InvalidMessage):
            await self.ctx.store.runs.mark_posting(self.run, None, self.ctx.now())
            raise

    @property
    def _is_missed(self) -> bool:
        """Whether it is too late to begin. A retry may come a little after the window, since it was due within it."""
        grace = MAX_RETRY_DELAY if self.run.attempt else timedelta()
        return self.ctx.is_late(self.run.at + grace)

    @property
    def _has_lease_time(self) -> bool:
        """Whether at least half of the lease is left, which is enough to post.

        Event loop timeouts don't suffice: the loop's clock stops while a machine is suspended.
        """
        lease_until = self.run.taken_until
        return lease_until is not None and self.ctx.now() <= lease_until - self.ctx.timing.lease / 2

    def _key(self, part: int) -> str:
        return f"{self.run.schedule}@{int(self.run.at.timestamp())}#{part}"

    def _thread_ts(self, part: int) -> str:
        return self.run.ts if part else ""
