"""Limits how many connections there are, and how long each may take to send a request.

uvicorn waits for a request forever, and asyncio logs a traceback for each connection beyond the process's descriptors,
hundreds of them at once. So there are fewer connections than descriptors, and a new one closes the one that has waited
longest, as nginx does. A client that opens many closes its own, while a signed request, which arrives whole and at
once, still gets through.
"""

import asyncio
import logging
import resource
from functools import partial
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

BACKLOG = 100  # connections that wait in the kernel, and that asyncio accepts in one go


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
