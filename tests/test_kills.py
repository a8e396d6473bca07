"""Processes that are killed, frozen or told to end while they deliver: each message is posted, and none of them twice.

The processes are real, and so are the signals. Slack and LaunchDarkly live in the test, which keeps some of Slack's
answers back: so a process dies with messages posted of which it never heard.
"""

import asyncio
import signal
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
from bot.sandbox.slack.workspace import AWAY, HOME, Channel, Team
from bot.schedules.cadence import CADENCE
from bot.store import Schedule, Slot
from bot.store.store import Store, opened
from tests.databases import Postgres
from tests.processes import Process, started, tokens

POST = "/api/chat.postMessage"
MANY, FEW, CHANNELS = 40, 15, 5
SEEDS = (1, 2)
PATIENCE = 60  # seconds
QUESTIONS = ("scores web/production", "digest web/production", "status web/production")
SHORT = {
    "LEASE_SECONDS": "3",
    "RETRY_SECONDS": "0.2",
    "SETTLE_SECONDS": "1.5",
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
    random: Random
    behind: AsyncExitStack
    ways: list[Way] = field(default_factory=list)

    async def process(self, *options: str, heard: int = 10_000) -> tuple[Process, Way]:
        way = Way(self.slack, heard)
        self.ways.append(way)
        url = await self.behind.enter_async_context(serving(way))
        variables = {**self.variables, "SLACK_API_URL": f"{url}/api/"}
        return await self.behind.enter_async_context(started(self.place, *options, **variables)), way

    async def slots(self) -> list[Slot]:
        return await self.store.slots.history([schedule.id for schedule in self.schedules], MANY)

    async def done(self, process: Process) -> None:
        """Until every slot is closed. Whoever closes one says so in its log."""
        while len([slot for slot in await self.slots() if slot.state != "open"]) < len(self.schedules):
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
async def monday(database: str, place: Path, seed: int, many: int = FEW, team: Team = HOME) -> AsyncIterator[Monday]:
    slack, random = Slack(_now), Random(seed)  # noqa: S311
    slack.team = team
    slack.weather["chat.postMessage"] = Weather(delay=0.05)
    async with (
        slack.served(),
        serving(launchdarkly(_now)) as host,
        opened(database) as store,
        AsyncExitStack() as behind,
    ):
        alone = {"LEASE_SECONDS": "60"} if database.startswith("sqlite") else {}  # nobody else needs to wait for it
        variables = {
            **SHORT,
            **alone,
            **tokens("http"),
            "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN,
            "LAUNCHDARKLY_API_HOST": host,
            "DATABASE_URL": database,
        }
        schedules = [await _due(slack, store, number, random.choice(QUESTIONS)) for number in range(many)]
        found = Monday(slack, place, store, variables, schedules, random, behind)
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


async def _all_posted_once(here: Monday, *processes: Process) -> None:
    for process in processes:
        await process.kill()
    count = await here.count()
    print(count)
    assert (count.lost, count.twice) == (0, 0)
    assert count.sent >= len(here.schedules)
    assert {slot.state for slot in await here.slots()} == {"delivered"}
    _well(*processes)


@pytest.mark.parametrize("seed", SEEDS)
async def test_on_sqlite_the_process_that_is_killed_is_started_again(seed: int, tmp_path: Path) -> None:
    async with monday(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, seed, MANY) as here:
        first, way = await here.process(heard=here.random.randint(3, 25))
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        await first.kill()
        way.free.set()
        second, _ = await here.process()
        await here.done(second)
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("seed", SEEDS)
async def test_on_postgresql_others_go_on_where_one_was_killed(seed: int, tmp_path: Path, postgres: Postgres) -> None:
    async with monday(postgres.empty(), tmp_path, seed, MANY) as here:
        first, way = await here.process(heard=here.random.randint(3, 10))
        second, others = await here.process("--only", "worker", heard=0)
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        await first.kill()
        way.free.set()
        others.free.set()
        await here.done(second)
        await _all_posted_once(here, first, second)


async def test_who_is_frozen_past_its_lease_posts_nothing_that_another_has_posted(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with monday(postgres.empty(), tmp_path, 3) as here:
        here.variables["DELIVERIES_AT_ONCE"] = str(FEW)
        first, way = await here.process(heard=4)
        await here.slack.until(lambda: way.stuck >= CHANNELS, PATIENCE)  # it waits for all channels
        first.running.send_signal(signal.SIGSTOP)
        way.free.set()
        second, _ = await here.process("--only", "worker")
        await here.done(second)
        first.running.send_signal(signal.SIGCONT)
        assert await first.stop() == 0
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("waits", [True, False])
async def test_who_is_told_to_end_finishes_what_it_has_begun_or_leaves_it_to_the_next(
    waits: bool, tmp_path: Path
) -> None:
    async with monday(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 4, MANY) as here:
        here.variables["DRAIN_SECONDS"] = "10" if waits else "0.1"
        first, way = await here.process(heard=5)
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        first.running.send_signal(signal.SIGTERM)
        if waits:
            way.free.set()
        assert await first.ended() == 0
        accepted = way.accepted
        assert bool([slot for slot in await here.slots() if slot.posting is not None]) is not waits
        second, _ = await here.process()
        await here.done(second)
        assert way.accepted == accepted < (await here.count()).sent
        await _all_posted_once(here, first, second)


async def test_two_may_start_at_once_on_an_empty_database(tmp_path: Path, postgres: Postgres) -> None:
    slack, database = Slack(_now), postgres.empty()
    variables = {**SHORT, **tokens("http"), "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "DATABASE_URL": database}
    async with slack.served() as api, AsyncExitStack() as behind:
        two = [await behind.enter_async_context(started(tmp_path, **variables, SLACK_API_URL=api)) for _ in range(2)]
        await asyncio.gather(*(process.line("answering") for process in two))
        assert await asyncio.gather(*(process.stop() for process in two)) == [0, 0]
        _well(*two)


async def test_workspaces_of_one_database_do_their_own_work(tmp_path: Path, postgres: Postgres) -> None:
    database = postgres.empty()
    async with (
        monday(database, tmp_path, 5) as here,
        monday(database, tmp_path, 6, team=AWAY) as there,
    ):
        one, _ = await here.process()
        other, _ = await there.process()
        await asyncio.gather(here.done(one), there.done(other))
        for monday_, process in ((here, one), (there, other)):
            await _all_posted_once(monday_, process)
