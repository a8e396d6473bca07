"""The bot at work in an embedded workspace. The tests live in the same one."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot import slack
from bot.app import Clock, answering, nobody
from bot.metrics import Metrics
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.settings import Settings
from bot.slack.dependencies import ByTheClock


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
    transport: httpx.AsyncBaseTransport | None,
    database: str = "",
    by_the_clock: ByTheClock = nobody,
) -> AsyncIterator[Metrics]:
    """The bot at work in a workspace that is served already, and what it counts. Without a *transport*, the real
    LaunchDarkly is asked."""
    metrics = Metrics()
    with tempfile.TemporaryDirectory() as place:
        chosen = settings.model_copy(update={"database_url": database or f"sqlite:///{Path(place) / 'bot.db'}"})
        answers = partial(answering, chosen, now, transport, metrics)
        parts = slack.Parts(chosen, metrics, now, answers, by_the_clock)
        async with slack.running(parts) as (pages, opening), serving(pages) as url:
            await opening
            workspace.request_url = f"{url}/slack/events"
            yield metrics
