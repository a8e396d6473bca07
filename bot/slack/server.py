"""The process: Slack is heard at once, and answered as soon as all is there for it.

It is closed in order: no new work after SIGTERM; what is under way is finished.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import uvicorn
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bot.errors import Misconfigured
from bot.slack.background_tasks import Work
from bot.slack.client import LIMITS, client, identity, known, session
from bot.slack.connection_limits import limited
from bot.slack.dependencies import Parts
from bot.slack.health import Cached
from bot.slack.listeners import Told, bolt
from bot.slack.request_checks import USUAL_BYTES
from bot.slack.response_url import Responses
from bot.slack.socket_mode import listening
from bot.slack.startup_queue import Porch
from bot.slack.web import web

if TYPE_CHECKING:
    from bot.slack.handler import Door

log = logging.getLogger(__name__)


async def run(parts: Parts) -> None:
    """Serve until the process is told to end, or cannot begin to answer."""
    with _bound(parts.settings.port) as there:
        async with running(parts) as (pages, opening):
            settings = parts.settings
            server = _Server(limited(pages, settings.max_connections, settings.request_seconds))
            for ending in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(ending, server.stop)
            opening.add_done_callback(server.settle)
            facts = {"port": there.getsockname()[1], "socket_mode": settings.socket_mode}
            log.info("listening", extra={"facts": facts})
            await server.serve(sockets=[there])


@asynccontextmanager
async def running(parts: Parts) -> "AsyncIterator[tuple[Starlette, asyncio.Task[Door]]]":
    """The pages to serve and, in Socket Mode, the socket, both heard already; and the door, which is being opened."""
    settings, work = parts.settings, Work()
    async with session() as calls, AsyncExitStack() as behind:
        slack = client(settings, calls, LIMITS)
        opening = asyncio.create_task(_opened(parts, slack, calls, behind))
        bare = AsyncWebClient(base_url=settings.slack_api_url, session=calls)  # Bolt says nothing by itself
        porch = Porch(opening, Responses(calls, settings.slack_api_url))
        app = bolt(bare, porch.hear, work, Told(porch.moved, porch.check))
        reachable = Cached(partial(known, client(settings, calls, [])), settings.ready_seconds)
        checks = {
            "store": partial(_ready, opening, lambda door: door.store.ready()),
            "slack": partial(_ready, opening, lambda _: reachable()),
        }
        try:
            async with listening(app, settings) if parts.hears else nullcontext():
                over_http = parts.hears and not settings.socket_mode
                secret = settings.secret("slack_signing_secret")
                yield web(app if over_http else None, secret, checks, parts.metrics), opening
        finally:
            if given_up := await work.finish(settings.drain_seconds):
                log.warning("%d answers were given up at the end", given_up)
            opening.cancel()  # the process may be told to end before it is done
            with suppress(asyncio.CancelledError):
                await opening


async def _opened(parts: Parts, slack: AsyncWebClient, calls: aiohttp.ClientSession, behind: AsyncExitStack) -> "Door":
    """The door, and *behind* it all that answers."""
    me = await identity(slack)
    answers, store = await behind.enter_async_context(parts.answering())
    from bot.slack.wiring import Opening  # noqa: PLC0415 - it knows what is imported only by now

    made = Opening(parts, slack, calls, me, answers, store)
    wake = await behind.enter_async_context(parts.by_the_clock(made.rounds))
    return made.door(wake)


async def _ready(opening: "asyncio.Task[Door]", check: "Callable[[Door], Awaitable[bool]]") -> bool:
    """Whether the door is open, and this well with it."""
    return opening.done() and not opening.exception() and await check(opening.result())


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
    there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, USUAL_BYTES)  # no connection has more to read in one go
    return there


class _Server(uvicorn.Server):
    """A server that ends when it is told to, and leaves the rest of the process alive to finish its work."""

    def stop(self) -> None:
        self.should_exit = True

    def settle(self, opening: "asyncio.Task[Door]") -> None:
        """Without a door there is nothing to serve for. With it, what is there by now stays: a full collection that
        looks at it too stops all answers for a while."""
        if opening.cancelled() or opening.exception():
            self.stop()
            return
        log.info("answering")
        gc.collect()
        gc.freeze()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
