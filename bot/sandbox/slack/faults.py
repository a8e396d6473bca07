"""Fault injection between the bot and Slack, per method or for response URLs.

`slack.faults["chat.postMessage"] = Fault(status=429, retry_after=1, times=2)`. Keys are method names and
`RESPONSE_URL`; `EVERYWHERE` applies to all that have no fault of their own.

What ASGI can't do is done to the TCP connection itself: reset it, ping over it, stop reading from it. uvicorn passes an
app a bound method of the object that holds the connection; only this module relies on that. An app that is called
without a server has no connection, and resetting it raises what a reset connection would.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive

RESPONSE_URL, EVERYWHERE = "response_url", "*"
ERROR_CODES = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}
# With a linger time of zero, closing a socket sends RST instead of FIN.
LINGER_ZERO = struct.pack("ii", 1, 0)
PING_PAYLOAD = b"Ping from Slack"


class RawConnection:
    """The connection that a request or a websocket came over."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        protocol = getattr(receive, "__self__", None)
        self._transport: asyncio.Transport | None = getattr(protocol, "transport", None)

    def reset_nowait(self) -> None:
        """Reset the connection: the other side gets "connection reset by peer"."""
        sock = self._transport.get_extra_info("socket") if self._transport else None
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self._abort_transport()

    async def reset(self) -> None:
        """Reset the connection, and wait until the server has noticed: a response after that is dropped."""
        self.reset_nowait()
        await self._wait_disconnected()

    async def close(self) -> None:
        """Close the connection cleanly, but without a response."""
        self._abort_transport()
        await self._wait_disconnected()

    def _abort_transport(self) -> None:
        if self._transport is None:
            raise ConnectionResetError
        self._transport.abort()

    async def _wait_disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # drain what had been sent before

    def ping(self) -> None:
        """Send a websocket ping, bypassing the library: a control frame is allowed between any two other frames."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes([0x89, len(PING_PAYLOAD)]) + PING_PAYLOAD)

    def freeze(self) -> None:
        """Stop reading: the connection stays open, but no ping is answered."""
        if self._transport is not None:
            self._transport.pause_reading()


@dataclass
class Fault:
    """A fault to produce; none by default. An affected request has no effect, unless `drop_response` is set."""

    status: int | None = None  # an HTTP status other than 200
    error: str | None = None  # Slack's error code, in `{"ok": false, "error": …}`
    retry_after: int | str | None = None  # seconds
    delay: float = 0  # seconds before the request is handled
    body: str | None = None  # instead of the usual body
    media_type: str = "text/plain"  # of that body
    reset: bool = False  # the connection is reset before the request is handled
    drop_response: bool = False  # the request is handled, but the connection is closed before the response
    drop_delay: float = 0  # seconds between handling the request and closing the connection
    times: int | None = None  # how many more requests are affected; None: all of them

    def consume(self) -> bool:
        """Count a request, and return whether the fault applies to it."""
        if self.times is None or self.times == 0:
            return self.times is None
        self.times -= 1
        return True

    async def before(self, connection: RawConnection) -> Response | None:
        """Apply the fault before a request is handled; return a response to send instead of handling it, if any."""
        await asyncio.sleep(self.delay)
        if self.reset:
            await connection.reset()
            return Response(status_code=500)  # never received
        return self._response()

    async def after(self, connection: RawConnection) -> None:
        """Apply the fault after a request was handled."""
        if self.drop_response:
            await asyncio.sleep(self.drop_delay)
            await connection.close()

    def _response(self) -> Response | None:
        if self.status is None and self.error is None and self.body is None:
            return None
        status = self.status or 200
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.body is not None:
            return Response(self.body, status, headers, media_type=self.media_type)
        error = self.error or ERROR_CODES.get(status) or HTTPStatus(status).phrase
        body: dict[str, Any] = {"ok": False, "error": error}
        return JSONResponse(body, status, headers)


class Faults(dict[str, Fault]):
    """Faults by method name."""

    def take(self, target: str) -> Fault | None:
        """Return the fault that applies to a request now, if any, and count the request."""
        fault = self.get(target) or self.get(EVERYWHERE)
        return fault if fault is not None and fault.consume() else None


@dataclass
class Quirks:
    """Behavior of response URLs that Slack doesn't document. A bot has to work both ways."""

    replaces_progress: bool = True  # after a command, replace_original replaces the command's previous response
    errors_with_200: bool = False  # an error is HTTP 200 with `"ok": false`, instead of 400 with the code as its body
