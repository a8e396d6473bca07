"""Serves the bot over HTTP: Slack's requests, health and metrics, within limits of connections and time.

A connection that sends no whole request in time is closed; uvicorn itself would wait forever. There are fewer
connections than the process has file descriptors: asyncio logs a traceback for each that it can't accept. When all are
taken, a new connection closes the one that has waited longest, as nginx does. So a client that opens many closes its
own, and Slack's requests, which arrive whole and at once, get through.

Shutdown is graceful: after SIGTERM, the process accepts no new work and finishes what is in progress.
"""

import asyncio
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from typing import Any, cast

import h11
import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import Misconfigured
from bot.metrics import CONTENT_TYPE, Metrics
from bot.settings import Settings
from bot.slack.client import SlackClients
from bot.slack.listeners import BackgroundTasks, Handlers, build_bolt_app
from bot.slack.request_checks import LARGE_BODY_BYTES, RequestChecks
from bot.slack.socket_mode import socket_connection

log = logging.getLogger(__name__)

BACKLOG = 100  # connections that wait in the kernel, and that asyncio accepts in one go
EVENTS_PATH = "/slack/events"

HealthCheck = Callable[[], Awaitable[bool]]
WebApp = Starlette


@asynccontextmanager
async def open_bolt_app(
    settings: Settings, clients: SlackClients, handlers: Handlers, *, serves_slack: bool = True
) -> AsyncIterator[AsyncApp | None]:
    """Open the Bolt app: in Socket Mode with a socket, else it is yielded, to be served over HTTP.

    At the end, finish the answers in progress.
    """
    tasks = BackgroundTasks()
    bolt_client = AsyncWebClient(base_url=settings.slack_api_url, session=clients.session)  # Bolt makes no calls
    app = build_bolt_app(bolt_client, handlers, tasks)
    try:
        async with socket_connection(app, settings) if serves_slack else nullcontext():
            yield app if serves_slack and not settings.socket_mode else None
    finally:
        if abandoned := await tasks.drain(settings.shutdown_grace_seconds):
            log.warning("shutdown dropped %d answers", abandoned)


async def run_server(web_app: Starlette, settings: Settings) -> None:
    """Serve until the process is told to stop."""
    with _bind(settings.port) as listener:
        server = _Server(server_config(web_app, settings.http_max_connections, settings.http_request_timeout_seconds))
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, server.stop)
        facts = {"port": listener.getsockname()[1], "socket_mode": settings.socket_mode}
        log.info("listening", extra={"facts": facts})
        await server.serve(sockets=[listener])


def _bind(port: int) -> socket.socket:
    """Bind the port on all interfaces."""
    all_interfaces = "0.0.0.0"  # noqa: S104 - a container is reached from outside
    try:
        listener = socket.create_server((all_interfaces, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # the error's own text repeats the address
        raise Misconfigured(f"Can't listen on port {port} ({reason}).", "Set PORT to another one.") from None
    # asyncio sets this only for sockets that name their protocol, which those of create_server don't. Without it, every
    # second response on a connection waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BODY_BYTES)  # the most to read in one go
    return listener


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `run_server`, so that the process can finish its work after it stops."""

    def stop(self) -> None:
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def build_web_app(
    app: AsyncApp | None, signing_secret: str, checks: Mapping[str, HealthCheck], metrics: Metrics
) -> Starlette:
    """Build the web app. In Socket Mode there is no Bolt app to serve."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_: Request) -> Response:
        readiness = {name: await check() for name, check in checks.items()}
        lines = "".join(f"{name}: {'ready' if ready else 'NOT READY'}\n" for name, ready in readiness.items())
        return PlainTextResponse(lines, 200 if all(readiness.values()) else 503)

    async def metrics_page(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})

    routes: list[BaseRoute] = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics_page)]
    if app is not None:
        handler = AsyncSlackRequestHandler(app, path=EVENTS_PATH)
        bolt_app = cast(ASGIApp, handler)  # its own types are narrower than ASGI's
        checked_app = RequestChecks(bolt_app, signing_secret, metrics.acknowledgement.observe)
        routes.append(Route(EVENTS_PATH, checked_app, methods=["POST"]))
    return Starlette(routes=routes)


def server_config(app: ASGIApp, max_connections: int, request_seconds: float) -> uvicorn.Config:
    """Configure uvicorn to serve an app within these limits."""
    limits = ConnectionLimits(min(max_connections, _max_descriptors() // 2), request_seconds)
    return uvicorn.Config(
        app,
        http=cast(type[asyncio.Protocol], partial(LimitedConnection, limits)),  # uvicorn only calls this
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,  # a warning for each malformed request would fill the log
        access_log=False,
        limit_concurrency=limits.max_connections + 1,  # reached when all are being answered and none can be closed
        backlog=BACKLOG,
    )


def _max_descriptors() -> int:
    """Return how many files and connections this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if soft == resource.RLIM_INFINITY else soft


class ConnectionLimits:
    """The connections that have yet to send a request, the one that has waited longest first."""

    def __init__(self, max_connections: int, request_seconds: float) -> None:
        self.max_connections = max_connections
        self._request_seconds = request_seconds
        self._waiting: dict[LimitedConnection, asyncio.TimerHandle] = {}

    def await_request(self, connection: "LimitedConnection") -> None:
        """Close the connection unless it sends a whole request in time. Single bytes don't restart the timer."""
        if connection not in self._waiting:
            loop = asyncio.get_running_loop()
            self._waiting[connection] = loop.call_later(self._request_seconds, self._close, connection)

    def stop_waiting(self, connection: "LimitedConnection") -> None:
        """Cancel the timer of a connection that has sent its request, or was closed."""
        if timer := self._waiting.pop(connection, None):
            timer.cancel()

    def make_room(self) -> None:
        """Close the connection that has waited longest."""
        if self._waiting:
            self._close(next(iter(self._waiting)))

    def _close(self, connection: "LimitedConnection") -> None:
        self.stop_waiting(connection)
        connection.transport.abort()  # a graceful close would wait for a peer that doesn't read either


class LimitedConnection(H11Protocol):
    """An HTTP connection that reports to `ConnectionLimits`."""

    def __init__(self, limits: ConnectionLimits, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._limits = limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        if len(self.connections) > self._limits.max_connections:
            self._limits.make_room()
        self._limits.await_request(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._limits.stop_waiting(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._update_timer()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._update_timer()

    def _update_timer(self) -> None:
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing():
            self._limits.await_request(self)
        else:
            self._limits.stop_waiting(self)
