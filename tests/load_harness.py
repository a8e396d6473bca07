"""Many schedules that are due at once, and real processes that deliver them.

Slack and LaunchDarkly live in the process of whoever asks, which may keep some of Slack's answers back: so a process
dies with messages posted of which it never heard.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import Weather as Climate
from bot.sandbox.slack import Slack, Weather
from bot.sandbox.slack.message import Message as Posted
from bot.sandbox.slack.workspace import HOME, Channel, Team
from bot.schedules.recurrence import CADENCE
from bot.store import Schedule, Slot
from bot.store.store import Store, opened
from tests.processes import Process, started, tokens

POST = "/api/chat.postMessage"
CHANNELS = 5
QUESTIONS = ("scores web/production", "digest web/production", "status web/production")
SHORT = {
    "LEASE_SECONDS": "2",
    "RETRY_SECONDS": "0.2",
    "SETTLE_SECONDS": "1.5",
    "LOOK_SECONDS": "0.2",
    "QUEUE_SECONDS": "0.1",
    "SPREAD_SECONDS": "0",
    "GAP_SECONDS": "0",
    "DELIVERIES_PER_MINUTE": "100000",
    "DELIVERIES_AT_ONCE": "15",
    "PORT": "0",
}


class Road(Protocol):
    """A way of one process to Slack, by which all goes in the end."""

    free: asyncio.Event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


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
    climate: Climate  # of LaunchDarkly
    place: Path
    store: Store
    variables: dict[str, str]
    random: Random
    behind: AsyncExitStack
    schedules: list[Schedule] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    program: Sequence[str] = ("bot", "run")

    async def order(self, many: int, at: datetime, channels: int = CHANNELS) -> None:
        """So many that are due at this moment, and then not for days."""
        cadence = str(CADENCE.read(f"{(at + timedelta(days=3)):%A} 12:00 UTC"))
        for number in range(many):
            name, line = f"C9{number % channels}", self.random.choice(QUESTIONS)
            self.slack.channels.setdefault(name, Channel(name, f"team-{number % channels}"))
            new = Schedule("", self.slack.team.id, name, 0, "U1", cadence, line, "active", "", at)
            self.schedules.append(await self.store.schedules.add(new, at))

    async def process(self, *options: str, heard: int = 10_000) -> tuple[Process, Way]:
        way = Way(self.slack, heard)
        return await self.by(way, *options), way

    async def by(self, road: Road, *options: str) -> Process:
        """A process with this way to Slack."""
        self.roads.append(road)
        url = await self.behind.enter_async_context(serving(road))
        variables = {**self.variables, "SLACK_API_URL": f"{url}/api/"}
        return await self.behind.enter_async_context(started(self.place, *options, program=self.program, **variables))

    async def slots(self) -> list[Slot]:
        return await self.store.slots.history([schedule.id for schedule in self.schedules], len(self.schedules))

    async def closed(self) -> bool:
        """Whether every slot is closed."""
        return len([slot for slot in await self.slots() if slot.state != "open"]) == len(self.schedules)

    async def done(self, process: Process) -> None:
        """Until every slot is closed. Whoever closes one says so in its log."""
        while not await self.closed():
            await process.line("")

    async def count(self) -> Count:
        slots = {slot.schedule: slot for slot in await self.slots()}
        wanted = [key for schedule in self.schedules for key in await self._keys(schedule, slots.get(schedule.id))]
        posted = Counter(key for key, _ in self.posted())
        assert set(posted) <= set(wanted)
        return Count(len(posted), len(set(wanted) - set(posted)), sum(count - 1 for count in posted.values()))

    def posted(self) -> list[tuple[str, Posted]]:
        """What stands in the channels, by the keys that it bears."""
        said = [message for channel in self.slack.channels.values() for message in channel.messages]
        return [(str(message.metadata["event_payload"]["key"]), message) for message in said if message.metadata]

    async def _keys(self, schedule: Schedule, slot: Slot | None) -> list[str]:
        """Of the message, and of what belongs below it; of what nobody has begun, of the message alone."""
        answer = await self.store.slots.answered(slot.asking) if slot else None
        parts = 1 + len(answer[0]["thread"]) if answer else 1
        at = slot.at if slot else schedule.next_at
        assert at
        return [f"{schedule.id}@{int(at.timestamp())}#{part}" for part in range(parts)]


@asynccontextmanager
async def monday(database: str, place: Path, seed: int, team: Team = HOME) -> AsyncIterator[Monday]:
    slack, climate = Slack(right_now), Climate()
    slack.team = team
    slack.weather["chat.postMessage"] = Weather(delay=0.05)
    async with (
        slack.served(),
        serving(launchdarkly(right_now, weather=climate)) as host,
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
        found = Monday(slack, climate, place, store, variables, Random(seed), behind)  # noqa: S311
        yield found
        for road in found.roads:
            road.free.set()


def right_now() -> datetime:
    return datetime.now(UTC)
