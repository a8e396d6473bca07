"""Runs the process: listens at once, and answers when start-up has finished.

Shutdown is graceful: after SIGTERM, the process accepts no new work and finishes what is in progress.
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
from bot.slack.background_tasks import BackgroundTasks
from bot.slack.client import RATE_LIMIT_RETRIES, authenticate, is_reachable, open_session, web_client
from bot.slack.connection_limits import server_config
from bot.slack.dependencies import Dependencies
from bot.slack.listeners import EventCallbacks, build_app
from bot.slack.request_checks import LARGE_BODY_BYTES
from bot.slack.responder import ResponseUrls
from bot.slack.socket_mode import socket_connection
from bot.slack.startup_queue import StartupQueue
from bot.slack.web import CachedHealthCheck, build_web_app

if TYPE_CHECKING:
    from bot.slack.handler import CommandHandler

log = logging.getLogger(__name__)


async def run(deps: Dependencies) -> None:
    """Serve until the process is told to stop, or start-up fails."""
    with _bind(deps.settings.port) as listener:
        async with running(deps) as (web_app, startup):
            settings = deps.settings
            server = _Server(
                server_config(web_app, settings.http_max_connections, settings.http_request_timeout_seconds)
            )
            for signum in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(signum, server.stop)
            startup.add_done_callback(server.on_started)
            facts = {"port": listener.getsockname()[1], "socket_mode": settings.socket_mode}
            log.info("listening", extra={"facts": facts})
            await server.serve(sockets=[listener])


@asynccontextmanager
async def running(deps: Dependencies) -> "AsyncIterator[tuple[Starlette, asyncio.Task[CommandHandler]]]":
    """Yield the web app to serve, and the task that starts the handler. In Socket Mode, the socket is connected."""
    settings, tasks = deps.settings, BackgroundTasks()
    async with open_session() as http_session, AsyncExitStack() as exit_stack:
        slack_client = web_client(settings, http_session, RATE_LIMIT_RETRIES)
        startup = asyncio.create_task(_start(deps, slack_client, http_session, exit_stack))
        bolt_client = AsyncWebClient(base_url=settings.slack_api_url, session=http_session)  # Bolt makes no calls
        startup_queue = StartupQueue(startup, ResponseUrls(http_session, settings.slack_api_url))
        app = build_app(
            bolt_client,
            startup_queue.handle,
            tasks,
            EventCallbacks(startup_queue.handle_channel_event, startup_queue.validate_modal),
        )
        slack_check = CachedHealthCheck(
            partial(is_reachable, web_client(settings, http_session, [])), settings.readiness_cache_seconds
        )
        checks = {
            "store": partial(_is_ready, startup, lambda handler: handler.store.ready()),
            "slack": partial(_is_ready, startup, lambda _: slack_check()),
        }
        try:
            async with socket_connection(app, settings) if deps.serves_slack else nullcontext():
                serves_http = deps.serves_slack and not settings.socket_mode
                secret = settings.secret("slack_signing_secret")
                yield build_web_app(app if serves_http else None, secret, checks, deps.metrics), startup
        finally:
            if abandoned := await tasks.drain(settings.shutdown_grace_seconds):
                log.warning("%d answers were given up at the end", abandoned)
            startup.cancel()  # it may still be running when the process is told to stop
            with suppress(asyncio.CancelledError):
                await startup


async def _start(
    deps: Dependencies, slack_client: AsyncWebClient, http_session: aiohttp.ClientSession, exit_stack: AsyncExitStack
) -> "CommandHandler":
    """Build the handler, with the store, the answers and the scheduler that it needs."""
    identity = await authenticate(slack_client)
    answers, store = await exit_stack.enter_async_context(deps.open_answers())
    from bot.slack.wiring import Wiring  # noqa: PLC0415 - its imports take long, and the process listens before

    wiring = Wiring(deps, slack_client, http_session, identity, answers, store)
    wake = await exit_stack.enter_async_context(deps.start_scheduler(wiring.scheduler_context))
    return wiring.build_handler(wake)


async def _is_ready(
    startup: "asyncio.Task[CommandHandler]", check: "Callable[[CommandHandler], Awaitable[bool]]"
) -> bool:
    """Return whether start-up has finished and a check of the handler passes."""
    return startup.done() and not startup.exception() and await check(startup.result())


def _bind(port: int) -> socket.socket:
    """Bind the port on all interfaces."""
    all_interfaces = "0.0.0.0"  # noqa: S104 - a container is reached from outside
    try:
        listener = socket.create_server((all_interfaces, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # the error's own text repeats the address
        raise Misconfigured(f"Port {port} cannot be used ({reason}).", "Choose another with PORT.") from None
    # asyncio sets this only for sockets that name their protocol, which those of create_server don't. Without it, every
    # second response on a connection waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BODY_BYTES)  # the most to read in one go
    return listener


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `run`, so that the process can finish its work after it stops."""

    def stop(self) -> None:
        self.should_exit = True

    def on_started(self, startup: "asyncio.Task[CommandHandler]") -> None:
        """Stop if start-up failed. Otherwise freeze what exists by now.

        A full garbage collection that also scans those objects would block all answers for a while.
        """
        if startup.cancelled() or startup.exception():
            self.stop()
            return
        log.info("answering")
        gc.collect()
        gc.freeze()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
