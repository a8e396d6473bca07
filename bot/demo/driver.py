"""The engine, and the demo's clock, by which it is told what is due."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.app import Clock, engine
from bot.demo.clock import Time
from bot.demo.quiet_watches import skip_quiet_looks
from bot.schedules.context import Rounds
from bot.schedules.dbos_engine import Engine
from bot.schedules.scheduler import offers, put_back
from bot.schedules.trigger import Watch, rhythm
from bot.schedules.watch_job import look
from bot.settings import Settings
from bot.store import Schedule

log = logging.getLogger(__name__)

PATIENCE = 60.0  # seconds, for whatever is due at one moment: an answer is given up long before
GRACE = 1.0  # seconds, for what is under way at the end
WRITTEN_DOWN = timedelta(hours=1)  # at least so often does a watch write down until when it has looked
MAX_RETRIED = 100  # runs that are sent at once when nothing fails any more


@dataclass
class Beat:
    """One at a time tells the engine what time it is: so who waits for what is due does not miss it."""

    time: Time
    rounds: Rounds
    engine: Engine
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def come(self, at: datetime) -> None:
        """It is so late, and what is to be done by then is done; so is what was to be done before."""
        async with self.turn:
            await self._idle()
            self.time.come(at)
            await self._do()

    async def look_until(self, end: datetime) -> datetime:
        """Let each watch look as often as it does by itself, until one has something new, or until *end*. Returns
        until when."""
        while (at := min([end, *(one.next_at for one in await self._watches() if one.next_at)])) < end:
            async with self.turn:
                await self._idle()
                with self.time.flying():
                    self.time.come(at)
                    if await self._look():
                        return self.time()
                    until = min(end, self.time() + WRITTEN_DOWN)
                    await skip_quiet_looks(self.rounds, self.time, await self._watches(), until)
        return end

    async def _watches(self) -> list[Schedule]:
        return [one for one in await self.active() if watches(one)]

    async def _look(self) -> bool:
        """Let the watches that are due look; whether one of them has something new. It is done here, since a look
        takes the engine ten times as long: it polls its queues."""
        _, looks = await offers(self.rounds, self.time())
        found = [await look(self.rounds, asking) for asking in looks]
        return any(found)

    async def active(self) -> list[Schedule]:
        """The schedules that are neither paused nor stopped."""
        return [one for one in await self.rounds.store.schedules.everywhere() if one.state == "active"]

    async def retry_now(self) -> None:
        """Retry at once whatever has failed and waits for another attempt: runs, and looks of watches."""
        store, now = self.rounds.store, self.time()
        for run, _ in await store.slots.open(self.rounds.team, now + timedelta(days=1), MAX_RETRIED):
            await put_back(self.rounds, [run.schedule], run.at)
        for watch in await self._watches():
            await store.schedules.change(watch.id, now, next_at=now)
        self.wanted.set()

    async def send(self, schedule: Schedule) -> None:
        """What a schedule asks is sent at once, and comes at its time all the same."""
        zone, now = rhythm(schedule.cadence).zone, self.time().replace(microsecond=0)
        async with self.turn:
            await self.rounds.store.slots.ask_for(schedule, zone, now, by=schedule.owner)
            await self._do()

    async def _do(self) -> None:
        with self.time.flying():
            await self._offer()
            await self._idle()

    async def _offer(self) -> None:
        await self._look()
        await self.engine.dispatch(self.time())

    async def _idle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.engine.idle()

    async def keep(self, seconds: float) -> None:
        """Look every so often, and whenever there is something to do at once."""
        while True:
            self.wanted.clear()
            try:
                async with self.turn:
                    await self._offer()
            except Exception as error:
                log.warning("nothing can be offered: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wanted.wait(), seconds)


def watches(schedule: Schedule) -> bool:
    """Whether a schedule is a watch, which looks every few minutes instead of posting at set times."""
    return isinstance(rhythm(schedule.cadence), Watch)


@asynccontextmanager
async def beating(settings: Settings, real: Clock, time: Time, rounds: Rounds) -> AsyncIterator[Beat]:
    async with engine(settings, real, rounds) as working:
        beat = Beat(time, rounds, working)
        keeping = asyncio.create_task(beat.keep(settings.look_seconds))
        try:
            yield beat
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await working.idle()
