"""A workspace with the real bot: real Bolt, real HTTP or a real socket, a real database, and the sandbox's Slack and
LaunchDarkly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.app import Bot
from bot.core import Clock
from bot.demo.environment import is_answer, running_bot, sandbox_settings
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.workspace import Message
from tests.conversation import NOW, Edit, EditingTransport, settings, texts
from tests.databases import temporary_sqlite


@dataclass
class Workspace:
    """Users, channels, and a running bot."""

    slack: Slack
    faults: FaultInjector  # of LaunchDarkly
    bot: Bot

    @property
    def url(self) -> str:
        """Return the bot's URL."""
        return str(self.slack.request_url).removesuffix("/slack/events")

    async def send(self, line: str, **origin: Any) -> Message:
        """Type a line, and wait for the answer, past any progress message."""
        return await self.wait_for_answer(await self.slack.type(f"/insights {line}".strip(), **origin))

    async def wait_for_answer(self, acknowledgement: Acknowledgement) -> Message:
        assert not acknowledgement.error, acknowledgement
        return await self.slack.answer(acknowledgement, is_answer)

    async def stop(self, line: str = "stop", **origin: Any) -> Message:
        """Type a line that stops a schedule, and press the button that it is answered with."""
        return await self.press(await self.send(line, **origin), "Stop")

    async def press(self, message: Message, name: str, **options: Any) -> Message:
        return await self.wait_for_answer(await self.slack.press(message, name, **options))


def visible_text(message: Message) -> str:
    """Return all text of a message that a person reads."""
    return "\n".join([message.text, *texts(message.blocks)])


def _utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_workspace(
    database: str = "",
    *,
    socket: bool = False,
    edit: Edit | None = None,
    clock: Clock | None = None,
    **overrides: Any,
) -> AsyncIterator[Workspace]:
    """Run the bot within the block, on a database of its own unless one is given."""
    now, faults = clock or (lambda: NOW), FaultInjector()
    slack = Slack(clock or _utc_now, signing_clock=_utc_now)
    slack.ack_timeout = 30  # patience with a busy machine; how fast the bot acknowledges is measured elsewhere
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(launchdarkly(now, faults=faults))
    async with slack.serving() as api:
        chosen = sandbox_settings(settings(**overrides), api, socket=socket)
        edited_transport = EditingTransport(transport, edit) if edit else transport
        with nullcontext(database) if database else temporary_sqlite() as url:
            async with running_bot(slack, chosen, now, edited_transport, url) as bot:
                yield Workspace(slack, faults, bot)
