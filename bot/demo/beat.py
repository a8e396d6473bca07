"""The engine, and the demo's clock, by which it is told what is due."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from bot.app import Clock, engine
from bot.demo.time import Time
from bot.schedules.engine import Engine
from bot.schedules.rhythm import rhythm
from bot.schedules.rounds import Rounds
from bot.settings import Settings
from bot.store import Schedule

log = logging.getLogger(__name__)

PATIENCE = 60.0  # seconds, for whatever is due at one moment: an answer is given up long before
GRACE = 1.0  # seconds, for what is under way at the end


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

    async def send(self, schedule: Schedule) -> None:
        """What a schedule asks is sent at once, and comes at its time all the same."""
        zone, now = rhythm(schedule.cadence).zone, self.time().replace(microsecond=0)
        async with self.turn:
            await self.rounds.store.slots.ask_for(schedule, zone, now, by=schedule.owner)
            await self._do()

    async def _do(self) -> None:
        with self.time.flying():
            await self.engine.dispatch(self.time())
            await self._idle()

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
                    await self.engine.dispatch(self.time())
            except Exception as error:
                log.warning("nothing can be offered: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wanted.wait(), seconds)


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
