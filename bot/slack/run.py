"""The process: both doors open, and closed in order. No new work after SIGTERM; what is under way is finished."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import uvicorn
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bot.answer import Answers
from bot.errors import Misconfigured
from bot.metrics import Metrics
from bot.settings import Settings, zone
from bot.slack.bolt import bolt
from bot.slack.delivery import Delivery
from bot.slack.door import Door
from bot.slack.people import Allowed, People
from bot.slack.socket import listening
from bot.slack.web import web
from bot.slack.work import Work
from bot.store import Store

log = logging.getLogger(__name__)

SLACK_SECONDS = 15  # Slack answers in tenths of one

# What may have been posted is not repeated, and only a limit says for sure that it was not; what is only read may be.
LIMITS: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=3)]
TROUBLES: list[AsyncRetryHandler] = [
    AsyncServerErrorRetryHandler(max_retry_count=1),
    AsyncConnectionErrorRetryHandler(),
]


@dataclass(frozen=True)
class Parts:
    """What the process is made of, apart from Slack."""

    settings: Settings
    answers: Answers
    store: Store
    metrics: Metrics
    now: Callable[[], datetime]


async def run(parts: Parts) -> None:
    """Serve until the process is told to end."""
    with _bound(parts.settings.port) as there:
        async with running(parts) as pages:
            server = _Server(uvicorn.Config(pages, log_config=None, lifespan="off", ws="none"))
            for ending in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(ending, server.stop)
            facts = {"port": there.getsockname()[1], "socket_mode": parts.settings.socket_mode}
            log.info("listening", extra={"facts": facts})
            gc.collect()
            gc.freeze()  # what is there by now stays: a full collection of it too stops all answers for a while
            await server.serve(sockets=[there])


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[Starlette]:
    """The pages to serve, with the door behind them and, in Socket Mode, the socket open."""
    settings, work = parts.settings, Work()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SLACK_SECONDS)) as session:
        client = _client(settings, session, LIMITS)
        me = await _identity(client)
        bare = AsyncWebClient(base_url=settings.slack_api_url, session=session)  # Bolt gets the token from `me`
        app = bolt(bare, settings.secret("slack_signing_secret"), me, _door(parts, client, session, me).hear, work)
        checks = {"store": parts.store.ping, "slack": lambda: _known(client)}
        try:
            async with listening(app, settings):
                yield web(None if settings.socket_mode else app, checks, parts.metrics)
        finally:
            if given_up := await work.finish(settings.drain_seconds):
                log.warning("%d answers were given up at the end", given_up)


def _client(settings: Settings, session: aiohttp.ClientSession, retries: list[AsyncRetryHandler]) -> AsyncWebClient:
    """One session for all calls, or each would open a connection of its own."""
    return AsyncWebClient(
        token=settings.secret("slack_bot_token"),
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=retries,
    )


async def _identity(client: AsyncWebClient) -> AuthorizeResult:
    """Who the bot is. Asked once: Bolt gets it from here."""
    try:
        answer = await client.auth_test()
    except SlackApiError as refused:
        todo = "Copy the bot token (xoxb-…) from the app's page, OAuth & Permissions."
        raise Misconfigured(f"Slack refuses SLACK_BOT_TOKEN: {refused.response.get('error')}.", todo) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
        raise Misconfigured("Slack cannot be reached.", "Check the network, and SLACK_API_URL if it is set.") from None
    return AuthorizeResult.from_auth_test_response(auth_test_response=answer, bot_token=client.token)


async def _known(client: AsyncWebClient) -> bool:
    try:
        return bool((await client.auth_test()).get("ok"))
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
        return False


def _door(parts: Parts, client: AsyncWebClient, session: aiohttp.ClientSession, me: AuthorizeResult) -> Door:
    settings = parts.settings
    return Door(
        team=me.team_id or "",
        answers=parts.answers,
        store=parts.store,
        people=People(_client(parts.settings, session, TROUBLES), zone(settings.time_zone), parts.now),
        allowed=Allowed(
            settings.listed("allowed_channels"), settings.listed("allowed_users"), settings.listed("allowed_projects")
        ),
        delivery=Delivery(client, session, parts.store, parts.metrics, parts.now),
        metrics=parts.metrics,
        now=parts.now,
        defaults=settings.defaults,
        patience=settings.word_seconds,
    )


def _bound(port: int) -> socket.socket:
    """The port, which is ours from here on."""
    everywhere = "0.0.0.0"  # noqa: S104 - a container is reached from outside
    try:
        there = socket.create_server((everywhere, port))
    except OSError as taken:
        why = os.strerror(taken.errno or 0)  # its own words name the address once more
        raise Misconfigured(f"Port {port} cannot be used ({why}).", "Choose another with PORT.") from None
    # asyncio does this only for sockets that name their protocol, which those of create_server do not. Without it
    # every second answer on a connection waits 40 ms.
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return there


class _Server(uvicorn.Server):
    """A server that ends when it is told to, and leaves the rest of the process alive to finish its work."""

    def stop(self) -> None:
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
