"""Socket Mode: Slack reached through a socket of ours, which needs no public address.

slack_sdk replaces the socket when Slack asks for that, when it breaks, and when no pong comes back. It cannot tell one
that Slack has forgotten, which answers pings and is silent for ever; so after a long silence it is replaced as well.
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
from bot.slack.client import AWAY, unreachable
from bot.slack.listeners import ENVELOPE

log = logging.getLogger(__name__)


@asynccontextmanager
async def listening(app: AsyncApp, settings: Settings) -> AsyncIterator[None]:
    """The socket is open until the block is left; without an app token there is none."""
    if not settings.socket_mode:
        yield
        return
    socket = _Socket(app, settings.secret("slack_app_token"), ping_interval=settings.ping_seconds)
    watch = Watch(socket, settings.silence_seconds)
    try:
        await _connected(socket)
        watching = asyncio.create_task(watch.replace_when_silent())
        try:
            yield
        finally:
            watching.cancel()
    finally:
        await socket.close_async()  # type: ignore[no-untyped-call]


class _Socket(Socket):
    """Bolt's handler, which also hands on the id of each envelope: Slack may send one twice."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        request = AsyncBoltRequest(mode="socket_mode", body=req.payload, headers={ENVELOPE: req.envelope_id})
        await send_async_response(client, req, await self.app.async_dispatch(request), 0)


class Watch:
    """Hears when Slack said anything last."""

    def __init__(self, socket: Socket, silence: float) -> None:
        self._socket = socket
        self._silence = silence
        self._word = asyncio.Event()
        socket.client.on_message_listeners.append(self._heard)

    async def _heard(self, _: aiohttp.WSMessage) -> None:
        self._word.set()

    async def replace_when_silent(self) -> None:
        while True:
            self._word.clear()
            try:
                await asyncio.wait_for(self._word.wait(), self._silence)
            except TimeoutError:
                log.info("the socket has been silent for long and is replaced")
                with suppress(*AWAY):
                    await self._socket.client.connect_to_new_endpoint(force=True)


async def _connected(socket: Socket) -> None:
    """The first connection says whether the token is good; slack_sdk would try a bad one for ever."""
    try:
        await socket.client.issue_new_wss_url()
    except SlackClientError:
        todo = "Create an app-level token (xapp-…) with connections:write on the app's page, Basic Information."
        raise Misconfigured("Slack refuses SLACK_APP_TOKEN.", todo) from None
    except AWAY:
        raise unreachable() from None
    await socket.connect_async()  # type: ignore[no-untyped-call]
