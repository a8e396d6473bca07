"""The delivery job: post an answer and its thread into a run's channel, each part exactly once.

A write-ahead marker is stored before each part is posted. On recovery, a marker without an outcome means: search the
channel for the part's metadata key before posting again. Without access to the history, give up rather than duplicate.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.messages.message import Message
from bot.schedules.context import SchedulerContext, deserialize_message
from bot.schedules.delivery_errors import (
    CHANNEL_NOT_ALLOWED,
    MESSAGE_REJECTED,
    ChannelClosed,
    DeliveryUnknown,
    HistoryUnavailable,
    InvalidMessage,
    RateLimited,
    Unavailable,
    explain_code,
)
from bot.schedules.heartbeat import may_send
from bot.schedules.runs import (
    MISSED_REASON,
    ChannelLost,
    Confirmed,
    Finished,
    GaveUp,
    Leased,
    NotPosted,
    Post,
    PostBegun,
    Posted,
    Retried,
    RunEffect,
    RunEvent,
    Search,
    Skipped,
    Unverifiable,
)
from bot.schedules.scheduler import LeaseLost, record
from bot.schedules.views import footer_view
from bot.store import Run, Schedule, ScheduleState

log = logging.getLogger(__name__)

MAX_MISSED_RUNS = 30  # more aren't loaded for the footer
STOPPED_REASON = "The schedule was paused or stopped first."
TIMEOUT_REASON = "Slack didn't accept it in time."


async def deliver(ctx: SchedulerContext, schedule_id: str, due_at: datetime) -> None:
    """Deliver the answer to one run, unless that is done or in progress."""
    if (schedule_id, due_at) in ctx.delivering:
        return
    ctx.delivering.add((schedule_id, due_at))
    try:
        async with ctx.heartbeat.working():
            await _lease_and_deliver(ctx, schedule_id, due_at)
    finally:
        ctx.delivering.discard((schedule_id, due_at))


async def _lease_and_deliver(ctx: SchedulerContext, schedule_id: str, due_at: datetime) -> None:
    loaded = await ctx.store.runs.to_deliver(schedule_id, due_at, MAX_MISSED_RUNS)
    if loaded is None:
        return
    delivery = Delivery(ctx, loaded.run, loaded.schedule, loaded.missed_at)
    try:
        await delivery.record(Leased(ctx.worker, ctx.now() + ctx.timing.lease, loaded.asked_at))
    except LeaseLost:
        return
    try:
        await delivery.finish()
    except LeaseLost:
        log.warning("another process is delivering it", extra={"facts": {"schedule": schedule_id}})


@dataclass
class Delivery:
    """The delivery of one run's messages: the answer, and its thread."""

    ctx: SchedulerContext
    run: Run
    schedule: Schedule
    missed_at: list[datetime]  # the runs missed before it
    effects: tuple[RunEffect, ...] = ()
    thread: str = ""  # the message that the run replies to
    messages: list[Message] = field(default_factory=list)
    quiet: bool = False

    async def record(self, event: RunEvent) -> None:
        """Save what an event makes of the run, and remember what to do next."""
        self.run, self.effects = await record(self.ctx, self.run, event)

    async def finish(self) -> None:
        """Post what is missing, or save why that isn't possible."""
        if obstacle := self._obstacle() or await self._find_thread() or await self._load_messages():
            await self.record(obstacle)
            return
        try:
            async with asyncio.timeout(self.ctx.timing.lease.total_seconds() / 2):
                await self._perform_effects()
        except TimeoutError as error:
            if await self._is_still_open():
                await self.record(self._failure(error))
        except (RateLimited, Unavailable, DeliveryUnknown, HistoryUnavailable, InvalidMessage, ChannelClosed) as error:
            await self.record(self._failure(error))

    def _obstacle(self) -> RunEvent | None:
        """Return the reason not to deliver the run at all, if there is one."""
        if self.schedule.state is not ScheduleState.ACTIVE and not self.run.by:
            return Skipped(STOPPED_REASON, by=self.run.leased_by)
        if not self.ctx.rules.allows_channel(self.schedule.channel):
            return GaveUp(CHANNEL_NOT_ALLOWED, permanent=True, by=self.run.leased_by)
        return None

    async def _find_thread(self) -> RunEvent | None:
        """Find the message to reply to: wait until it is posted. If it never was, the channel gets the reply."""
        if self.run.reply_to is None:
            return None
        answered = await self.ctx.store.runs.get(self.run.schedule, self.run.reply_to)
        if answered and answered.state.is_open and not answered.ts:
            return Retried(self.ctx.now() + self.ctx.timing.backoff(self.run.attempt), by=self.run.leased_by)
        self.thread = answered.ts if answered else ""
        return None

    async def _load_messages(self) -> RunEvent | None:
        """Load what to post: the run's own message or the stored answer. If that was pruned, it is asked again."""
        if self.run.message:
            answer = deserialize_message(self.run.message)
        elif stored := await self.ctx.answer_store.get(self.run.query_key):
            answer, self.quiet = stored.message, stored.quiet
        else:
            return Retried(self.ctx.now(), by=self.run.leased_by)
        self.messages = [answer if self.thread else self._with_footer(answer), *answer.thread]
        return None

    def _with_footer(self, answer: Message) -> Message:
        view = footer_view(self.schedule, self.run, self.missed_at)
        return answer.with_footer(self.ctx.answers.notice("schedule_footer", view))

    async def _perform_effects(self) -> None:
        while self.run.state.is_open:
            match self.effects:
                case (Search(part),):
                    await self._search(part)
                case (Post(part),) if part < len(self.messages):
                    await self._post(part)
                case _:
                    await self._save_snapshot()
                    await self.record(Finished(self.quiet))

    async def _search(self, part: int) -> None:
        """Search for a message that an earlier attempt may have posted; it may take a moment to become visible."""
        posting_at = self.run.posting_at or self.run.at
        ts = await self.ctx.publisher.find(self.schedule.channel, self._key(part), posting_at, self._thread_ts(part))
        if ts is not None:
            await self._record_posted(Confirmed, part, ts)
        elif self.ctx.now() < posting_at + self.ctx.timing.confirm_window:
            raise DeliveryUnknown
        else:
            await self.record(NotPosted())

    async def _post(self, part: int) -> None:
        if part == 0 and self.ctx.is_late(self.run.at, self.run.attempt):
            await self.record(Skipped(MISSED_REASON, by=self.run.leased_by))
            return
        async with self.ctx.publisher.throttle(self.schedule.channel):
            await self.record(PostBegun(part))
            ts = await self._send(part)
        await self._record_posted(Posted, part, ts)

    async def _send(self, part: int) -> str:
        """Send a message, and record if Slack certainly didn't accept it."""
        try:
            return await self.ctx.publisher.post(
                self.schedule.channel,
                self.messages[part],
                self._key(part),
                self._thread_ts(part),
                may_send=self._may_send,
            )
        except (RateLimited, Unavailable, ChannelClosed, InvalidMessage):
            await self.record(NotPosted())
            raise

    def _may_send(self) -> bool:
        pulse, timing = self.ctx.heartbeat.pulse, self.ctx.timing
        return may_send(self.run, pulse, self.ctx.now(), timing.lease, timing.worker_timeout)

    async def _record_posted(self, event: type[Posted], part: int, ts: str) -> None:
        is_last = part == len(self.messages) - 1
        if is_last:
            await self._save_snapshot()
        await self.record(event(part, ts, is_last, self.quiet))

    async def _save_snapshot(self) -> None:
        """Save the snapshot of a delivered answer, except of a run on request, which represents no week."""
        stored = None if self.run.by else await self.ctx.answer_store.get(self.run.query_key)
        if stored and stored.snapshot:
            await self.ctx.store.snapshots.add(self.run.team, stored.snapshot)
            stored.snapshot = None

    async def _is_still_open(self) -> bool:
        """Read the run again after a timeout: what was just being saved may be saved or not."""
        current = await self.ctx.store.runs.get(self.run.schedule, self.run.at)
        lease = self.run.leased_by, self.run.leased_until
        if current and (current.outcome or (current.leased_by, current.leased_until) == lease):
            self.run = current
        return self.run.state.is_open

    def _failure(self, error: Exception) -> RunEvent:
        """Return what an error means for the run: another attempt within the catch-up window, or the end."""
        worker = self.run.leased_by
        match error:
            case HistoryUnavailable():
                return Unverifiable()
            case InvalidMessage(code=code):
                return GaveUp(MESSAGE_REJECTED.format(code), by=worker)
            case ChannelClosed(code=code):
                return ChannelLost(explain_code(code), channel=self.schedule.channel, code=code, by=worker)
        min_delay = timedelta(seconds=error.retry_after if isinstance(error, RateLimited) else 0)
        retry_at = self.ctx.now() + max(self.ctx.timing.backoff(self.run.attempt), min_delay)
        if retry_at <= self.run.at + self.ctx.timing.catch_up_window:
            return Retried(retry_at, by=worker)
        return GaveUp(TIMEOUT_REASON, by=worker)

    def _key(self, part: int) -> str:
        return f"{self.run.schedule}@{int(self.run.at.timestamp())}#{part}"

    def _thread_ts(self, part: int) -> str:
        return self.thread or (self.run.ts if part else "")
