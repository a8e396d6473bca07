"""The whole bot in one process: the real app, over real HTTP, between the embedded Slack and the embedded LaunchDarkly.

Nothing in the bot knows that it is here. The tests live in the same workspace."""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot import slack
from bot.app import Clock, answering, nobody, register, sandboxed
from bot.endpoints._endpoint import Endpoint
from bot.message import Message
from bot.metrics import Metrics
from bot.sandbox.serve import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.message import Message as Posted
from bot.sandbox.slack.names import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.settings import Settings
from bot.slack.door import ASKING
from bot.slack.parts import ByTheClock


def at_home(settings: Settings, api: str, *, socket: bool = False) -> Settings:
    """The settings of a bot in the embedded workspace."""
    tokens: dict[str, object] = {
        "slack_bot_token": SecretStr(BOT_TOKEN),
        "slack_signing_secret": SecretStr(SIGNING_SECRET),
        "slack_app_token": SecretStr(APP_TOKEN) if socket else None,
        "slack_api_url": api,
    }
    return settings.model_copy(update=tokens)


@asynccontextmanager
async def working(
    workspace: Slack,
    settings: Settings,
    now: Clock,
    transport: httpx.AsyncBaseTransport,
    database: str = "",
    by_the_clock: ByTheClock = nobody,
) -> AsyncIterator[Metrics]:
    """The bot at work in a workspace that is served already, and what it counts."""
    metrics = Metrics()
    with tempfile.TemporaryDirectory() as place:
        chosen = settings.model_copy(update={"database_url": database or f"sqlite:///{Path(place) / 'bot.db'}"})
        answers = partial(answering, chosen, now, transport, metrics)
        parts = slack.Parts(chosen, metrics, now, answers, by_the_clock)
        async with slack.running(parts) as (pages, opening), serving(pages) as url:
            await opening
            workspace.request_url = f"{url}/slack/events"
            yield metrics


async def once(settings: Settings, now: Clock) -> AsyncGenerator[tuple[str, Message], None]:
    """What somebody does on the first day, and what the bot says to it."""
    workspace = Slack(now)
    chosen, transport = sandboxed(settings, now)
    async with workspace.served() as api, working(workspace, at_home(chosen, api), now, transport):
        for line in ("", "use web/production"):
            yield f"/insights {line}".strip(), _drawable(await _said(workspace, line))
        for name, spoken in register().items():
            if isinstance(spoken, Endpoint):
                line = "scores" if name == "scores" else spoken.examples[0]
                answer = await _said(workspace, line)
                yield f"/insights {line}", _drawable(answer)
                if name == "scores":
                    pressed = await workspace.press(answer, "Why?")
                    yield "[Why?]", _drawable(await workspace.answer(pressed))


async def _said(workspace: Slack, line: str) -> Posted:
    return await workspace.answer(await workspace.type(f"/insights {line}".strip()), _is_answer)


def _is_answer(message: Posted) -> bool:
    return not message.text.startswith(ASKING.text)


def _drawable(message: Posted) -> Message:
    return Message(message.text, tuple(message.blocks))
