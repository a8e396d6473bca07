"""Processes that are killed, frozen or told to end while they deliver: each message is posted, and none of them twice.

The processes are real, and so are the signals. Slack and LaunchDarkly live in the test, which keeps some of Slack's
answers back: so a process dies with messages posted of which it never heard.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from starlette.types import Message, Receive, Scope, Send

from bot.sandbox.launchdarkly import TOKEN, launchdarkly
from bot.sandbox.serve import serving
from bot.sandbox.slack import Slack, Weather
from bot.sandbox.slack.workspace import Channel
from bot.schedules.cadence import CADENCE
from bot.store import Schedule, Slot
from bot.store.store import Store, opened
from tests.databases import Postgres
from tests.processes import Process, started, tokens

POST = "/api/chat.postMessage"
MANY, CHANNELS = 40, 5
QUESTIONS = ("scores web/production", "digest web/production", "status web/production")
SHORT = {
    "LEASE_SECONDS": "3",
    "RETRY_SECONDS": "0.2",
    "SETTLE_SECONDS": "2",
    "LOOK_SECONDS": "0.2",
    "QUEUE_SECONDS": "0.1",
    "SPREAD_SECONDS": "0",
    "GAP_SECONDS": "0",
    "DELIVERIES_PER_MINUTE": "100000",
    "PORT": "0",
}


@dataclass
class Way:
    """The way of one process to Slack. Once so many of its posts were heard of, answers get stuck on it."""

    slack: Slack
    heard: int
    accepted: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def stuck(self) -> int:
        return max(0, self.accepted - self.heard)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def slowly(message: Message) -> None:
            if scope["path"] == POST and message["type"] == "http.response.start":
                self.accepted += 1
                await self.slack.changed()
                if self.stuck:
                    await self.free.wait()
            await send(message)

        await self.slack(scope, receive, slowly)


@dataclass(frozen=True)
class Count:
    """What became of all that was to be posted."""

    sent: int
    lost: int
    twice: int


@dataclass
class Monday:
    """Many schedules that are due at once, and processes that deliver them."""

    slack: Slack
    place: Path
    store: Store
    variables: dict[str, str]
    schedules: list[Schedule]
    behind: AsyncExitStack
    ways: list[Way] = field(default_factory=list)

    async def process(self, *options: str, heard: int = 10_000) -> tuple[Process, Way]:
        way = Way(self.slack, heard)
        self.ways.append(way)
        url = await self.behind.enter_async_context(serving(way))
        variables = {**self.variables, "SLACK_API_URL": f"{url}/api/"}
        return await self.behind.enter_async_context(started(self.place, *options, **variables)), way

    async def slots(self) -> list[Slot]:
        return await self.store.slots.history([schedule.id for schedule in self.schedules], 10 * MANY)

    async def done(self, process: Process) -> None:
        """Until every slot is closed. Whoever closes one says so in its log."""
        while len(await self.slots()) < MANY or [slot for slot in await self.slots() if slot.state == "open"]:
            await process.line("")

    async def count(self) -> Count:
        wanted = [key for slot in await self.slots() for key in await self._keys(slot)]
        posted = Counter(
            message.metadata["event_payload"]["key"]
            for channel in self.slack.channels.values()
            for message in channel.messages
            if message.metadata
        )
        assert set(posted) <= set(wanted)
        return Count(len(posted), len(set(wanted) - set(posted)), sum(count - 1 for count in posted.values()))

    async def _keys(self, slot: Slot) -> list[str]:
        """Of the message, and of what belongs below it."""
        answer = await self.store.slots.answered(slot.asking)
        parts = 1 + len(answer[0]["thread"]) if answer else 1
        return [f"{slot.schedule}@{int(slot.at.timestamp())}#{part}" for part in range(parts)]


@asynccontextmanager
async def monday(database: str, place: Path, random: Random) -> AsyncIterator[Monday]:
    slack = Slack(_now)
    slack.weather["chat.postMessage"] = Weather(delay=0.05)
    async with (
        slack.served(),
        serving(launchdarkly(_now)) as host,
        opened(database) as store,
        AsyncExitStack() as behind,
    ):
        variables = {
            **SHORT,
            **tokens("http"),
            "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN,
            "LAUNCHDARKLY_API_HOST": host,
            "DATABASE_URL": database,
        }
        schedules = [await _due(slack, store, number, random.choice(QUESTIONS)) for number in range(MANY)]
        found = Monday(slack, place, store, variables, schedules, behind)
        yield found
        for way in found.ways:
            way.free.set()


async def _due(slack: Slack, store: Store, number: int, line: str) -> Schedule:
    """One that is due at this moment, and then not for days."""
    name, now = f"C9{number % CHANNELS}", _now().replace(microsecond=0)
    slack.channels.setdefault(name, Channel(name, f"team-{number % CHANNELS}"))
    cadence = str(CADENCE.read(f"{(now + timedelta(days=3)):%A} 12:00 UTC"))
    return await store.schedules.add(Schedule("", slack.team.id, name, 0, "U1", cadence, line, "active", "", now), now)


def _now() -> datetime:
    return datetime.now(UTC)


def _well(*processes: Process) -> None:
    said = "".join(line for process in processes for line in process.log)
    for wrong in ("Traceback", '"level": "error"', "database is locked"):
        assert wrong not in said, said


@pytest.mark.parametrize("seed", [1, 2])
async def test_on_sqlite_the_process_that_is_killed_is_started_again(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311
    async with monday(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, random) as here:
        first, way = await here.process(heard=random.randint(3, 25))
        await here.slack.until(lambda: way.stuck >= 3, 20)
        await first.kill()
        way.free.set()
        second, _ = await here.process()
        await here.done(second)
        assert await second.stop() == 0
        count = await here.count()
        print(f"seed {seed}, killed after {way.accepted}: {count}")
        assert (count.lost, count.twice) == (0, 0)
        assert count.sent >= MANY
        assert {slot.state for slot in await here.slots()} == {"delivered"}
        _well(first, second)


@pytest.mark.parametrize("seed", [1, 2])
async def test_on_postgresql_others_take_over_from_the_one_that_is_killed(
    seed: int, tmp_path: Path, postgres: Postgres
) -> None:
    random = Random(seed)  # noqa: S311
    async with monday(postgres.empty(), tmp_path, random) as here:
        (first, way), (second, others) = [
            await here.process(*options, heard=heard)
            for options, heard in (((), random.randint(3, 10)), (("--only", "worker"), 0))
        ]
        await here.slack.until(lambda: way.stuck >= 3, 20)
        await first.kill()
        way.free.set()
        others.free.set()
        await here.done(second)
        assert await second.stop() == 0
        count = await here.count()
        print(f"seed {seed}, killed after {way.accepted}: {count}")
        assert (count.lost, count.twice) == (0, 0)
        assert count.sent >= MANY
        assert {slot.state for slot in await here.slots()} == {"delivered"}
        _well(first, second)
