"""The engine, and the demo's clock, by which it is told what is due."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.app import Clock, open_engine
from bot.demo.clock import DemoClock
from bot.demo.quiet_watches import skip_quiet_checks
from bot.schedules.context import SchedulerContext
from bot.schedules.dbos_engine import Engine
from bot.schedules.scheduler import collect_work, requeue
from bot.schedules.trigger import WatchTrigger, parse_trigger
from bot.schedules.watch_job import check_watch
from bot.settings import Settings
from bot.store import Schedule

log = logging.getLogger(__name__)

MAX_IDLE_WAIT_SECONDS = 60.0  # seconds, for whatever is due at one moment: an answer is given up long before
SHUTDOWN_GRACE_SECONDS = 1.0  # seconds, for what is under way at the end
MAX_UNRECORDED_TIME = timedelta(hours=1)  # at least so often does a watch write down until when it has looked
MAX_RETRIED = 100  # runs that are sent at once when nothing fails any more


@dataclass
class SchedulerDriver:
    """One at a time tells the engine what time it is: so who waits for what is due does not miss it."""

    clock: DemoClock
    ctx: SchedulerContext
    engine: Engine
    work_available: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def advance_to(self, at: datetime) -> None:
        """It is so late, and what is to be done by then is done; so is what was to be done before."""
        async with self.lock:
            await self._wait_until_idle()
            self.clock.advance_to(at)
            await self._run_due()

    async def check_watches_until(self, end: datetime) -> datetime:
        """Let each watch look as often as it does by itself, until one has something new, or until *end*. Returns
        until when."""
        while (at := min([end, *(one.next_at for one in await self._watches() if one.next_at)])) < end:
            async with self.lock:
                await self._wait_until_idle()
                with self.clock.skip_waits():
                    self.clock.advance_to(at)
                    if await self._check_due_watches():
                        return self.clock()
                    until = min(end, self.clock() + MAX_UNRECORDED_TIME)
                    await skip_quiet_checks(self.ctx, self.clock, await self._watches(), until)
        return end

    async def _watches(self) -> list[Schedule]:
        return [one for one in await self.active_schedules() if is_watch(one)]

    async def _check_due_watches(self) -> bool:
        """Let the watches that are due look; whether one of them has something new. It is done here, since a look
        takes the engine ten times as long: it polls its queues."""
        _, query_keys = await collect_work(self.ctx, self.clock())
        alerts = [await check_watch(self.ctx, query_key) for query_key in query_keys]
        return any(alerts)

    async def active_schedules(self) -> list[Schedule]:
        """The schedules that are neither paused nor stopped."""
        return [one for one in await self.ctx.store.schedules.list_all() if one.state == "active"]

    async def retry_now(self) -> None:
        """Retry at once whatever has failed and waits for another attempt: runs, and looks of watches."""
        store, now = self.ctx.store, self.clock()
        for run, _ in await store.runs.list_open(self.ctx.team, now + timedelta(days=1), MAX_RETRIED):
            await requeue(self.ctx, [run.schedule], run.at)
        for watch in await self._watches():
            await store.schedules.change(watch.id, now, next_at=now)
        self.work_available.set()

    async def run_now(self, schedule: Schedule) -> None:
        """What a schedule asks is sent at once, and comes at its time all the same."""
        zone, now = parse_trigger(schedule.cadence).zone, self.clock().replace(microsecond=0)
        async with self.lock:
            await self.ctx.store.runs.add_manual(schedule, zone, now, by=schedule.owner)
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
        """Look every so often, and whenever there is something to do at once."""
        while True:
            self.work_available.clear()
            try:
                async with self.lock:
                    await self._dispatch()
            except Exception as error:
                log.warning("nothing can be offered: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.work_available.wait(), seconds)


def is_watch(schedule: Schedule) -> bool:
    """Whether a schedule is a watch, which looks every few minutes instead of posting at set times."""
    return isinstance(parse_trigger(schedule.cadence), WatchTrigger)


@asynccontextmanager
async def running_driver(
    settings: Settings, real_clock: Clock, clock: DemoClock, ctx: SchedulerContext
) -> AsyncIterator[SchedulerDriver]:
    async with open_engine(settings, real_clock, ctx) as running_engine:
        driver = SchedulerDriver(clock, ctx, running_engine)
        polling = asyncio.create_task(driver.poll(settings.look_seconds))
        try:
            yield driver
        finally:
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_GRACE_SECONDS):
                    await running_engine.wait_until_idle()
