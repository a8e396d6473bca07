"""Many schedules due at once, and real processes that deliver them.

Slack and LaunchDarkly run in the test's own process, which can hold back some of Slack's responses: so a process dies
after posting messages without knowing that they were posted.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.slack import Fault, Slack
from bot.sandbox.slack.workspace import HOME_TEAM, Channel, Team
from bot.sandbox.slack.workspace import Message as Posted
from bot.store import Run, Schedule, ScheduleState
from bot.store.store import Store, open_store
from tests.processes import Process, running_process, slack_tokens

POST_PATH = "/api/chat.postMessage"
CHANNEL_COUNT = 5
QUESTIONS = ("scores web/production", "digest web/production", "status web/production")
FAST_SETTINGS = {
    "JOB_LEASE_SECONDS": "2",
    "DELIVERY_RETRY_BASE_SECONDS": "0.2",
    "POST_CONFIRM_SECONDS": "1.5",
    "SCHEDULER_POLL_SECONDS": "0.2",
    "QUEUE_POLL_SECONDS": "0.1",
    "SCHEDULE_JITTER_SECONDS": "0",
    "CHANNEL_MESSAGE_INTERVAL_SECONDS": "0",
    "MAX_DELIVERIES_PER_MINUTE": "100000",
    "MAX_CONCURRENT_DELIVERIES": "15",
    "PORT": "0",
}


class SlackProxy(Protocol):
    """A process's proxy to Slack, which forwards everything."""

    released: asyncio.Event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


@dataclass
class StallingProxy:
    """A process's proxy to Slack, which holds back responses after a number of posts."""

    slack: Slack
    reply_limit: int
    accepted: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def stalled(self) -> int:
        return max(0, self.accepted - self.reply_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def stalling_send(message: Message) -> None:
            if scope["path"] == POST_PATH and message["type"] == "http.response.start":
                self.accepted += 1
                await self.slack.notify_change()
                if self.stalled:
                    await self.released.wait()
            await send(message)

        await self.slack(scope, receive, stalling_send)


@dataclass(frozen=True)
class DeliveryCount:
    """How many messages were posted, lost or duplicated."""

    sent: int
    lost: int
    duplicates: int


@dataclass
class LoadHarness:
    """Many schedules due at once, and processes that deliver them."""

    slack: Slack
    launchdarkly_faults: FaultInjector  # of LaunchDarkly
    folder: Path
    store: Store
    variables: dict[str, str]
    random: Random
    exit_stack: AsyncExitStack
    schedules: list[Schedule] = field(default_factory=list)
    proxies: list[SlackProxy] = field(default_factory=list)
    program: Sequence[str] = ("bot", "run")
    fresh: bool = False  # whether a process imports everything itself, as a new one in production does

    async def add_schedules(self, count: int, at: datetime, channels: int = CHANNEL_COUNT) -> None:
        """Add schedules due at this time, and then not for days."""
        recurrence = ((at + timedelta(days=3)).weekday(),), 0, time(12), "UTC"
        for number in range(count):
            name, line = f"C9{number % channels}", self.random.choice(QUESTIONS)
            self.slack.channels.setdefault(name, Channel(name, f"team-{number % channels}"))
            new = Schedule("", self.slack.team.id, name, 0, "U1", *recurrence, line, ScheduleState.ACTIVE, "", at)
            self.schedules.append(await self.store.schedules.add(new, at))

    async def start(self, *options: str, reply_limit: int = 10_000) -> tuple[Process, StallingProxy]:
        proxy = StallingProxy(self.slack, reply_limit)
        return await self.start_behind(proxy, *options), proxy

    async def start_behind(self, proxy: SlackProxy, *options: str) -> Process:
        """Start a process with this proxy to Slack."""
        self.proxies.append(proxy)
        url = await self.exit_stack.enter_async_context(serving(proxy))
        variables = {**self.variables, "SLACK_API_URL": f"{url}/api/"}
        running = running_process(self.folder, [*self.program, *options], variables, fresh=self.fresh)
        return Process(await self.exit_stack.enter_async_context(running))

    async def runs(self) -> list[Run]:
        return await self.store.runs.history([schedule.id for schedule in self.schedules], len(self.schedules))

    async def all_closed(self) -> bool:
        """Tell whether every run is closed."""
        return len([run for run in await self.runs() if not run.state.is_open]) == len(self.schedules)

    async def wait_until_closed(self, process: Process) -> None:
        """Wait until every run is closed; a process logs each run that it closes."""
        while not await self.all_closed():
            await process.wait_for_log("")

    async def count_deliveries(self) -> DeliveryCount:
        runs_by_schedule = {run.schedule: run for run in await self.runs()}
        expected = [
            key
            for schedule in self.schedules
            for key in await self._message_keys(schedule, runs_by_schedule.get(schedule.id))
        ]
        posted = Counter(key for key, _ in self.posted())
        assert set(posted) <= set(expected)
        return DeliveryCount(len(posted), len(set(expected) - set(posted)), sum(count - 1 for count in posted.values()))

    def posted(self) -> list[tuple[str, Posted]]:
        """Count the messages in the channels by their keys."""
        messages = [message for channel in self.slack.channels.values() for message in channel.messages]
        return [(str(message.metadata["event_payload"]["key"]), message) for message in messages if message.metadata]

    async def _message_keys(self, schedule: Schedule, run: Run | None) -> list[str]:
        """Return the keys of a message and its thread; only the message's, if its run hasn't started."""
        answer = await self.store.runs.get_answer(run.query_key) if run else None
        part_count = 1 + len(answer[0]["thread"]) if answer else 1
        at = run.at if run else schedule.next_at
        assert at
        return [f"{schedule.id}@{int(at.timestamp())}#{part}" for part in range(part_count)]


@asynccontextmanager
async def open_load_harness(
    database: str, folder: Path, seed: int, team: Team = HOME_TEAM
) -> AsyncIterator[LoadHarness]:
    slack, launchdarkly_faults = Slack(right_now), FaultInjector()
    slack.team = team
    slack.faults["chat.postMessage"] = Fault(delay=0.05)
    async with (
        slack.serving(),
        serving(launchdarkly(right_now, faults=launchdarkly_faults)) as host,
        open_store(database) as store,
        AsyncExitStack() as exit_stack,
    ):
        variables = {
            **FAST_SETTINGS,
            **slack_tokens("http"),
            "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN,
            "LAUNCHDARKLY_API_HOST": host,
            "DATABASE_URL": database,
        }
        harness = LoadHarness(slack, launchdarkly_faults, folder, store, variables, Random(seed), exit_stack)  # noqa: S311
        yield harness
        for proxy in harness.proxies:
            proxy.released.set()


def right_now() -> datetime:
    return datetime.now(UTC)
