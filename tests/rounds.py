"""An office in which time is ours: the bot works by the clock when a test says that it is so late."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox.slack.message import Message
from bot.schedules import engine
from bot.schedules.rounds import Rounds
from bot.store.address import address
from tests.office import Office, office
from tests.talk import NOW

SOON = engine.Pace(polling=0.01, per_minute=100_000, drain=0)
PATIENCE = 20  # seconds, for whatever the engine has to do
TIMES = {"spread_seconds": 0.0, "gap_seconds": 0.0}


class Clock:
    """What time it is."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Desk:
    """An office and its time."""

    office: Office
    clock: Clock
    engine: engine.Engine
    rounds: Rounds

    async def come(self, at: datetime) -> None:
        """It is so late, and what is to be done by then is done."""
        self.clock.now = at
        await self.engine.dispatch(at)
        async with asyncio.timeout(PATIENCE):
            await self.engine.idle()

    async def wait(self, **span: float) -> None:
        await self.come(self.clock.now + timedelta(**span))

    def posted(self, channel: str = "C1") -> list[Message]:
        """What the bot posted by itself in a channel, without what stands in threads."""
        said = self.office.slack.channels[channel].messages
        return [message for message in said if message.metadata and message.thread_ts in (None, message.ts)]


@asynccontextmanager
async def desk(database: str, now: datetime = NOW, **given: Any) -> AsyncIterator[Desk]:
    """The bot at work, and its engine, which does nothing by itself."""
    clock, found = Clock(now), []

    @asynccontextmanager
    async def by_the_clock(rounds: Rounds) -> AsyncIterator[Callable[[], None]]:
        async with engine.opened(address(database).plain, rounds, SOON, lambda: datetime.now(UTC)) as working:
            found.append((working, rounds))
            yield working.wake

    async with office(database, clock=clock, by_the_clock=by_the_clock, **TIMES | given) as there:
        [(working, rounds)] = found
        yield Desk(there, clock, working, rounds)
