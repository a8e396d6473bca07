"""Socket Mode: a WebSocket that the bot opens, so that it needs no public URL.

slack_sdk replaces the socket when Slack asks for it, when it breaks, and when a pong is missing. It can't detect a
socket that Slack has lost track of, which answers pings but delivers nothing. So after a long silence the socket is
replaced as well.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler as Socket
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import Misconfigured
from bot.settings import Settings
from bot.slack.client import SLACK_UNAVAILABLE, unreachable
from bot.slack.listeners import ENVELOPE_HEADER

log = logging.getLogger(__name__)


@asynccontextmanager
async def socket_connection(app: AsyncApp, settings: Settings) -> AsyncIterator[None]:
    """Keep a socket open within the context. Without an app token, do nothing."""
    if not settings.socket_mode:
        yield
        return
    socket = _EnvelopeHandler(app, settings.secret("slack_app_token"), ping_interval=settings.socket_mode_ping_seconds)
    watchdog = SilenceWatchdog(socket, settings.socket_mode_idle_timeout_seconds)
    try:
        await _connect(socket)
        watchdog_task = asyncio.create_task(watchdog.replace_when_silent())
        try:
            yield
        finally:
            watchdog_task.cancel()
    finally:
        await socket.close_async()  # type: ignore[no-untyped-call]


class _EnvelopeHandler(Socket):
    """Bolt's handler, which also passes on the id of each envelope: Slack may send one twice."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        request = AsyncBoltRequest(mode="socket_mode", body=req.payload, headers={ENVELOPE_HEADER: req.envelope_id})
        await send_async_response(client, req, await self.app.async_dispatch(request), 0)


class SilenceWatchdog:
    """Replaces a socket on which nothing has arrived for too long."""

    def __init__(self, socket: Socket, max_silence: float) -> None:
        self._socket = socket
        self._max_silence = max_silence
        self._message_received = asyncio.Event()
        socket.client.on_message_listeners.append(self._on_message)

    async def _on_message(self, _: aiohttp.WSMessage) -> None:
        self._message_received.set()

    async def replace_when_silent(self) -> None:
        """Watch the socket until canceled."""
        while True:
            self._message_received.clear()
            try:
                await asyncio.wait_for(self._message_received.wait(), self._max_silence)
            except TimeoutError:
                log.info("the socket stopped responding; reconnecting")
                with suppress(*SLACK_UNAVAILABLE):
                    await self._socket.client.connect_to_new_endpoint(force=True)


async def _connect(socket: Socket) -> None:
    """Connect, after a request that shows whether the token is valid: slack_sdk would retry a bad one forever."""
    try:
        await socket.client.issue_new_wss_url()
    except SlackClientError:
        todo = "Create an app-level token (xapp-…) with connections:write on the app's page, Basic Information."
        raise Misconfigured("Slack rejected SLACK_APP_TOKEN.", todo) from None
    except SLACK_UNAVAILABLE:
        raise unreachable() from None
    await socket.connect_async()  # type: ignore[no-untyped-call]
