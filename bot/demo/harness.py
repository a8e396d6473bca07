"""Run the bot in a sandbox workspace, for the demo and the tests, and type lines in it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.app import Bot, build
from bot.core import Clock
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.slack.workspace import Message
from bot.settings import Settings
from bot.slack.responder import PROGRESS_NOTICE

ANSWER_TIMEOUT_SECONDS = 30.0  # no answer takes this long


def sandbox_settings(settings: Settings, api: str, *, socket: bool = False) -> Settings:
    """Return the settings of a bot in the sandbox workspace."""
    tokens: dict[str, object] = {
        "slack_bot_token": SecretStr(BOT_TOKEN),
        "slack_signing_secret": SecretStr(SIGNING_SECRET),
        "slack_app_token": SecretStr(APP_TOKEN) if socket else None,
        "slack_api_url": api,
    }
    return settings.model_copy(update=tokens)


@asynccontextmanager
async def running_bot(
    workspace: Slack,
    settings: Settings,
    now: Clock,
    transport: httpx.AsyncBaseTransport | None,
    database: str = "",
) -> AsyncIterator[Bot]:
    """Run the bot, without its scheduler, in a workspace that is already being served.

    Without a *transport*, it calls the real LaunchDarkly.
    """
    with tempfile.TemporaryDirectory() as folder:
        bot_settings = settings.model_copy(update={"database_url": database or f"sqlite:///{Path(folder) / 'bot.db'}"})
        async with build(bot_settings, now, transport) as bot, bot.open_web_app() as web_app, serving(web_app) as url:
            workspace.request_url = f"{url}/slack/events"
            yield bot


async def type_line(workspace: Slack, line: str, channel: str) -> Message:
    """Type a line and return its answer."""
    return await wait_for_answer(workspace, await workspace.type(f"/insights {line}".strip(), channel=channel))


async def wait_for_answer(workspace: Slack, acknowledgement: Acknowledgement) -> Message:
    """Return the answer, not the progress notice before it."""
    return await workspace.answer(
        acknowledgement, lambda message: not message.text.startswith(PROGRESS_NOTICE.text), ANSWER_TIMEOUT_SECONDS
    )
