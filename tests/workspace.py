"""A workspace with the real bot in it: real Bolt, real HTTP or a real socket, a real database; Slack and LaunchDarkly
are the embedded ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.app import Clock, nobody
from bot.demo import at_home, working
from bot.metrics import Metrics
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.launchdarkly.faults import Weather
from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.message import Message
from bot.slack.dependencies import ByTheClock
from tests.conversation import NOW, Edit, Edited, settings, texts


@dataclass
class Office:
    """People, channels, and the bot among them."""

    slack: Slack
    weather: Weather  # over LaunchDarkly
    metrics: Metrics

    @property
    def url(self) -> str:
        """Where the bot serves."""
        return str(self.slack.request_url).removesuffix("/slack/events")

    async def say(self, line: str, **where: Any) -> Message:
        """Type a line, and wait for the answer itself."""
        return await self.answer(await self.slack.type(f"/insights {line}".strip(), **where))

    async def answer(self, to: Acknowledgement) -> Message:
        assert not to.error, to
        return await self.slack.answer(to, lambda message: not message.text.startswith("Asking LaunchDarkly"))

    async def press(self, on: Message, name: str, **how: Any) -> Message:
        return await self.answer(await self.slack.press(on, name, **how))


def words(message: Message) -> str:
    """All that a person reads."""
    return "\n".join([message.text, *texts(message.blocks)])


def _real() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def office(
    database: str = "",
    *,
    socket: bool = False,
    edit: Edit | None = None,
    clock: Clock | None = None,
    by_the_clock: ByTheClock = nobody,
    **given: Any,
) -> AsyncIterator[Office]:
    """The bot at work until the block is left."""
    now, weather = clock or (lambda: NOW), Weather()
    slack = Slack(clock or _real, signs_at=_real)
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(launchdarkly(now, weather=weather))
    async with slack.served() as api:
        chosen = at_home(settings(**{"drain_seconds": 5.0, "ping_seconds": 2.0} | given), api, socket=socket)
        wired = Edited(transport, edit) if edit else transport
        async with working(slack, chosen, now, wired, database, by_the_clock) as metrics:
            yield Office(slack, weather, metrics)
