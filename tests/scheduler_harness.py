"""A workspace with a clock that tests control: the bot does scheduled work when a test advances it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import pytest_asyncio
from dbos import DBOS

from bot.sandbox.slack.workspace import HOME_TEAM, Message
from bot.schedules import dbos_engine
from bot.schedules.context import SchedulerContext
from bot.store.database_url import parse_database_url
from tests.conversation import NOW
from tests.databases import DatabaseFactory
from tests.workspace import Workspace, open_workspace, visible_text

FAST_PACE = dbos_engine.EngineConfig(poll_interval=0.1, deliveries_per_minute=100_000, shutdown_grace=0)
TIMEOUT_SECONDS = 20  # seconds, for the engine's work


class Clock:
    """The current time, which tests move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class WatchedClock(Clock):
    """A clock that tells when it is read."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.reads = asyncio.Queue[datetime]()

    def __call__(self) -> datetime:
        self.reads.put_nowait(self.now)
        return self.now


@dataclass
class SchedulerHarness:
    """A workspace and its clock."""

    workspace: Workspace
    clock: Clock
    engine: dbos_engine.Engine
    ctx: SchedulerContext

    async def advance_to(self, at: datetime) -> None:
        """Advance to this time, and wait until all work due by then is done."""
        self.clock.now = at
        await self.engine.dispatch(at)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await self.engine.wait_until_idle()

    async def advance(self, **delta: float) -> None:
        await self.advance_to(self.clock.now + timedelta(**delta))

    async def send(self, line: str, **origin: Any) -> str:
        """Type a line, and return the answer's text."""
        return visible_text(await self.workspace.send(line, **origin))

    async def stop(self, line: str = "stop", **origin: Any) -> str:
        """Stop a schedule, and return the answer's text."""
        return visible_text(await self.workspace.stop(line, **origin))

    def posted(self, channel: str = "C1") -> list[Message]:
        """Return the scheduled posts in a channel, without their threads."""
        messages = self.workspace.slack.channels[channel].messages
        return [message for message in messages if message.metadata and message.thread_ts in (None, message.ts)]

    def thread_replies(self, message: Message) -> list[Message]:
        """Return the replies in a message's thread."""
        messages = self.workspace.slack.channels[message.channel].messages
        return [reply for reply in messages if reply.thread_ts == message.ts and reply is not message]

    def direct_messages(self, user: str = "U1") -> list[str]:
        """Return the texts of the bot's direct messages to a user."""
        return [visible_text(message) for message in self.workspace.slack.open_dm(user).messages]


class ContextProxy:
    """The context of the harness that uses the engine now; starting an engine takes as long as ten tests."""

    worker, team = "alone", HOME_TEAM.id
    ctx: SchedulerContext

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ctx, name)


@dataclass
class SharedEngine:
    """An engine, shared by harnesses one at a time."""

    engine: dbos_engine.Engine
    context_proxy: ContextProxy

    @asynccontextmanager
    async def open_scheduler(
        self, database: str, now: datetime = NOW, **overrides: Any
    ) -> AsyncIterator[SchedulerHarness]:
        """Start the bot, after removing what earlier tests left in the engine."""
        old_workflows = await DBOS.list_workflows_async(load_input=False, load_output=False)
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old_workflows])

        async with _open_workspace(database, now, overrides) as (workspace, clock):
            self.context_proxy.ctx = workspace.bot.scheduler
            yield SchedulerHarness(workspace, clock, self.engine, workspace.bot.scheduler)


@asynccontextmanager
async def open_shared_engine(database: str) -> AsyncIterator[SharedEngine]:
    """Start an engine without a bot."""
    context_proxy = ContextProxy()
    async with _open_engine(database, cast(SchedulerContext, context_proxy)) as engine:
        yield SharedEngine(engine, context_proxy)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_scheduler(
    database: str, now: datetime = NOW, engine_clock: Callable[[], datetime] = _utc_now, **overrides: Any
) -> AsyncIterator[SchedulerHarness]:
    """Start the bot with an engine of its own; both use one database, as in production."""
    async with (
        _open_workspace(database, now, overrides) as (workspace, clock),
        _open_engine(database, workspace.bot.scheduler, engine_clock) as engine,
    ):
        yield SchedulerHarness(workspace, clock, engine, workspace.bot.scheduler)


@asynccontextmanager
async def _open_workspace(
    database: str, now: datetime, overrides: dict[str, Any]
) -> AsyncIterator[tuple[Workspace, Clock]]:
    clock = Clock(now)
    async with open_workspace(database, clock=clock, **overrides) as workspace:
        yield workspace, clock


@asynccontextmanager
async def _open_engine(
    database: str, ctx: SchedulerContext, clock: Callable[[], datetime] = _utc_now
) -> AsyncIterator[dbos_engine.Engine]:
    async with dbos_engine.open_engine(parse_database_url(database).plain_url, ctx, FAST_PACE, clock) as engine:
        yield engine


# Fixtures. Tests that use them run in their module's event loop: `pytestmark = LOOP`.

LOOP = pytest.mark.asyncio(loop_scope="module")
OpenScheduler = Callable[..., AbstractAsyncContextManager[SchedulerHarness]]


@pytest_asyncio.fixture(name="shared_engine", scope="module", loop_scope="module")
async def shared_engine_fixture(databases: DatabaseFactory) -> AsyncIterator[SharedEngine]:
    async with open_shared_engine(databases().url) as shared_engine:
        yield shared_engine


@pytest.fixture(name="scheduler_factory")
def scheduler_factory_fixture(shared_engine: SharedEngine, databases: DatabaseFactory) -> OpenScheduler:
    """A function that opens a scheduler whose bot has these settings."""
    return lambda **overrides: shared_engine.open_scheduler(databases().url, **overrides)


@pytest_asyncio.fixture(name="scheduler", loop_scope="module")
async def scheduler_fixture(scheduler_factory: OpenScheduler) -> AsyncIterator[SchedulerHarness]:
    async with scheduler_factory() as scheduler:
        yield scheduler
