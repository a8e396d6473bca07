"""An office in which time is ours: the bot works by the clock when a test says that it is so late."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import pytest_asyncio
from dbos import DBOS

from bot.sandbox.slack.message import Message
from bot.sandbox.slack.workspace import HOME
from bot.schedules import dbos_engine
from bot.schedules.context import Rounds
from bot.slack.dependencies import ByTheClock
from bot.store.database_url import address
from tests.conversation import NOW
from tests.databases import Databases
from tests.workspace import Office, office, words

SOON = dbos_engine.Pace(polling=0.01, per_minute=100_000, drain=0)
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
    engine: dbos_engine.Engine
    rounds: Rounds

    async def come(self, at: datetime) -> None:
        """It is so late, and what is to be done by then is done."""
        self.clock.now = at
        await self.engine.dispatch(at)
        async with asyncio.timeout(PATIENCE):
            await self.engine.idle()

    async def wait(self, **span: float) -> None:
        await self.come(self.clock.now + timedelta(**span))

    async def say(self, line: str, **where: Any) -> str:
        """Type a line: what a person reads as the answer."""
        return words(await self.office.say(line, **where))

    def posted(self, channel: str = "C1") -> list[Message]:
        """What the bot posted by itself in a channel, without what stands in threads."""
        said = self.office.slack.channels[channel].messages
        return [message for message in said if message.metadata and message.thread_ts in (None, message.ts)]

    def below(self, message: Message) -> list[Message]:
        """What stands in the thread of a message."""
        said = self.office.slack.channels[message.channel].messages
        return [answer for answer in said if answer.thread_ts == message.ts and answer is not message]

    def told(self, user: str = "U1") -> list[str]:
        """What the bot has told somebody directly."""
        return [words(message) for message in self.office.slack.conversation_with(user).messages]


class Whoever:
    """The rounds of the desk that stands at the engine: starting an engine takes as long as ten tests."""

    me, team = "alone", HOME.id
    rounds: Rounds

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rounds, name)


@dataclass
class Room:
    """An engine, and room for one desk at a time."""

    engine: dbos_engine.Engine
    whoever: Whoever

    @asynccontextmanager
    async def desk(self, database: str, now: datetime = NOW, **given: Any) -> AsyncIterator[Desk]:
        """The bot at work. What desks before it have left in the engine is gone."""
        left = await DBOS.list_workflows_async(load_input=False, load_output=False)
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in left])

        @asynccontextmanager
        async def by_the_clock(rounds: Rounds) -> AsyncIterator[Callable[[], None]]:
            self.whoever.rounds = rounds
            yield self.engine.wake

        async with _at_work(database, now, by_the_clock, given) as (there, clock):
            yield Desk(there, clock, self.engine, self.whoever.rounds)


@asynccontextmanager
async def room(database: str) -> AsyncIterator[Room]:
    """An engine, which does nothing by itself."""
    whoever = Whoever()
    async with _engine(database, cast(Rounds, whoever)) as working:
        yield Room(working, whoever)


@asynccontextmanager
async def desk(database: str, now: datetime = NOW, **given: Any) -> AsyncIterator[Desk]:
    """The bot at work with an engine of its own, as it is in earnest: both keep what they know in one database."""
    found = []

    @asynccontextmanager
    async def by_the_clock(rounds: Rounds) -> AsyncIterator[Callable[[], None]]:
        async with _engine(database, rounds) as working:
            found.append((working, rounds))
            yield working.wake

    async with _at_work(database, now, by_the_clock, given) as (there, clock):
        [(working, rounds)] = found
        yield Desk(there, clock, working, rounds)


@asynccontextmanager
async def _at_work(
    database: str, now: datetime, by_the_clock: ByTheClock, given: dict[str, Any]
) -> AsyncIterator[tuple[Office, Clock]]:
    clock = Clock(now)
    async with office(database, clock=clock, by_the_clock=by_the_clock, **TIMES | given) as there:
        yield there, clock


@asynccontextmanager
async def _engine(database: str, rounds: Rounds) -> AsyncIterator[dbos_engine.Engine]:
    async with dbos_engine.opened(address(database).plain, rounds, SOON, lambda: datetime.now(UTC)) as working:
        yield working


# Fixtures. Tests that want them live in the loop of their module: `pytestmark = LOOP`.

LOOP = pytest.mark.asyncio(loop_scope="module")
Desks = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest_asyncio.fixture(name="room", scope="module", loop_scope="module")
async def a_room(databases: Databases) -> AsyncIterator[Room]:
    async with room(databases().url) as found:
        yield found


@pytest.fixture(name="desks")
def some_desks(room: Room, databases: Databases) -> Desks:
    """A desk whose bot has been given settings of its own."""
    return lambda **given: room.desk(databases().url, **given)


@pytest_asyncio.fixture(name="desk", loop_scope="module")
async def a_desk(desks: Desks) -> AsyncIterator[Desk]:
    async with desks() as found:
        yield found
