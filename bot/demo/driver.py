"""The demo's clock, and the scheduler that runs by it.

While time is skipped, observations of watches that change nothing are skipped too, up to the first one that does. Every
watch still asks LaunchDarkly each time it really would. An observation without changes just isn't recorded, so that a
week passes several times as fast.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.app import open_locked_engine
from bot.core import Clock
from bot.errors import Failure
from bot.schedules.context import SchedulerContext
from bot.schedules.dbos_engine import Engine
from bot.schedules.incidents import assess
from bot.schedules.scheduler import collect_work, request_run, requeue
from bot.schedules.watch_job import check_watch, earliest_window_start, observe
from bot.settings import Settings
from bot.store import QueryKey, Schedule, ScheduleState, WatchState

log = logging.getLogger(__name__)

MAX_IDLE_WAIT_SECONDS = 60.0  # for all that is due at one moment: an answer times out long before
SHUTDOWN_GRACE_SECONDS = 1.0  # for work in progress
MAX_UNRECORDED_TIME = timedelta(hours=1)  # a watch records an observation at least this often
MAX_RETRIED = 100  # runs that are retried at once when the last fault is gone


class DemoClock:
    """The real time plus an offset. It starts in the past, and only moves forward."""

    def __init__(self, real: Clock, behind: timedelta = timedelta()) -> None:
        self._real = real
        self._offset = -behind
        self._skips_waits = False

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def advance_to(self, at: datetime) -> None:
        """Move the clock to *at*, unless it is later already."""
        self._offset = max(self._offset, at - self._real())

    @contextmanager
    def skip_waits(self) -> Iterator[None]:
        """Make `wait` move the clock instead of sleeping, until the block ends."""
        self._skips_waits = True
        try:
            yield
        finally:
            self._skips_waits = False

    async def wait(self, seconds: float) -> None:
        """Let *seconds* pass on this clock."""
        if self._skips_waits:
            self.advance_to(self() + timedelta(seconds=seconds))
        else:
            await asyncio.sleep(seconds)


@dataclass
class SchedulerDriver:
    """Moves the clock and runs what is due. The lock lets one caller at a time do so, so each sees its own runs."""

    clock: DemoClock
    ctx: SchedulerContext
    engine: Engine
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def advance_to(self, at: datetime) -> None:
        """Finish the work in progress, move the clock to *at*, and run all that is due by then."""
        async with self.lock:
            await self._wait_until_idle()
            self.clock.advance_to(at)
            await self._run_due()

    async def check_watches_until(self, end: datetime) -> datetime:
        """Let each watch observe at its usual interval until a run is open or *end*; return that time."""
        while (at := min([end, *(one.next_at for one in await self._watches() if one.next_at)])) < end:
            async with self.lock:
                await self._wait_until_idle()
                if await self.has_open_runs(end):  # of an alert that `poll` was the first to see
                    return self.clock()
                with self.clock.skip_waits():
                    self.clock.advance_to(at)
                    if await self._check_due_watches():
                        return self.clock()
                    until = min(end, self.clock() + MAX_UNRECORDED_TIME)
                    await skip_quiet_checks(self.ctx, self.clock, await self._watches(), until)
        return end

    async def has_open_runs(self, due_by: datetime) -> bool:
        """Return whether any run that was due by then is still open."""
        tomorrow = self.clock() + timedelta(days=1)
        oldest = await self.ctx.store.runs.list_open(self.ctx.team, tomorrow, 1)
        return any(run.at <= due_by for run, _ in oldest)

    async def _watches(self) -> list[Schedule]:
        return [one for one in await self.active_schedules() if one.is_watch]

    async def _check_due_watches(self) -> bool:
        """Check the watches that are due; return whether one has an alert.

        The engine would take ten times as long for this, because it polls its queues.
        """
        _, query_keys = await collect_work(self.ctx, self.clock())
        alerts = [await check_watch(self.ctx, query_key) for query_key in query_keys]
        return any(alerts)

    async def active_schedules(self) -> list[Schedule]:
        """Return the schedules that are neither paused nor stopped."""
        return [one for one in await self.ctx.store.schedules.list_all() if one.state is ScheduleState.ACTIVE]

    async def retry_now(self) -> None:
        """Retry all failed runs and watches at once, instead of when their next attempt is due."""
        store, now = self.ctx.store, self.clock()
        for run, _ in await store.runs.list_open(self.ctx.team, now + timedelta(days=1), MAX_RETRIED):
            await requeue(self.ctx, [run.schedule], run.at)
        for watch in await self._watches():
            await store.schedules.change(watch.id, now, next_at=now)
        self.ctx.work_available.set()

    async def run_now(self, schedule: Schedule) -> None:
        """Run a schedule at once. Its next scheduled run stays as it is."""
        now = self.clock().replace(microsecond=0)
        async with self.lock:
            await request_run(self.ctx, schedule, now, by=schedule.owner)
            await self._run_due()

    async def _run_due(self) -> None:
        with self.clock.skip_waits():
            await self._dispatch()
            await self._wait_until_idle()

    async def _dispatch(self) -> None:
        await self._check_due_watches()
        await self.engine.dispatch(self.clock())

    async def _wait_until_idle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_IDLE_WAIT_SECONDS):
                await self.engine.wait_until_idle()

    async def poll(self, seconds: float) -> None:
        """Dispatch what is due every *seconds*, and whenever work becomes available."""
        while True:
            self.ctx.work_available.clear()
            try:
                async with self.lock:
                    await self._dispatch()
            except Exception as error:
                log.warning("can't enqueue jobs: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ctx.work_available.wait(), seconds)


@asynccontextmanager
async def running_driver(
    settings: Settings, real_clock: Clock, clock: DemoClock, ctx: SchedulerContext
) -> AsyncIterator[SchedulerDriver]:
    """Open the engine and a driver that polls for work."""
    async with open_locked_engine(settings, real_clock, ctx) as running_engine:
        driver = SchedulerDriver(clock, ctx, running_engine)
        polling = asyncio.create_task(driver.poll(settings.scheduler_poll_seconds))
        try:
            yield driver
        finally:
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_GRACE_SECONDS):
                    await running_engine.wait_until_idle()


@dataclass
class PendingCheck:
    """The next observation of a question, for all watches that share it."""

    query_key: QueryKey
    states: Sequence[Mapping[str, WatchState]]
    since: datetime

    async def has_changes(self, ctx: SchedulerContext) -> bool:
        """Return whether the watches must really run: something has changed, or the observation fails."""
        try:
            observed = await observe(ctx, self.query_key, self.since)
        except Failure:
            return True
        return any(assess(states, observed, self.query_key.at).states for states in self.states)


async def skip_quiet_checks(
    ctx: SchedulerContext, clock: DemoClock, watches: Sequence[Schedule], end: datetime
) -> None:
    """Move the clock from observation to observation until one has changes, or the next isn't before *end*."""
    checks = await _pending_checks(ctx, watches)
    while checks and (next_check := min(checks, key=lambda check: check.query_key.at)).query_key.at < end:
        clock.advance_to(next_check.query_key.at)
        if await next_check.has_changes(ctx):
            return
        next_check.query_key = replace(next_check.query_key, at=next_check.query_key.at + ctx.timing.watch_interval)


async def _pending_checks(ctx: SchedulerContext, watches: Sequence[Schedule]) -> list[PendingCheck]:
    watches_by_key: dict[QueryKey, list[Schedule]] = {}
    for watch in watches:
        if watch.next_at:
            watches_by_key.setdefault(QueryKey(watch.team, watch.line, watch.zone, watch.next_at), []).append(watch)
    states = await ctx.store.watch_states.for_watches(watches)
    return [
        PendingCheck(
            query_key, [states[watch.id] for watch in group], earliest_window_start(group, states, query_key.at)
        )
        for query_key, group in watches_by_key.items()
    ]
