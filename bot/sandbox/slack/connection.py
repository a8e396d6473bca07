"""The connection under a request, for what ASGI has no words for: to break it, to ping over it, to stop reading it.

uvicorn hands an app a bound method of the object that holds the connection; this is the one place that knows. Where an
app is called without a server there is no connection, and breaking it raises what a broken one would.
"""

import asyncio
import socket
import struct

from starlette.types import Receive

# Closing a socket that lingers for no time sends a reset instead of a goodbye.
LINGER_ZERO = struct.pack("ii", 1, 0)
MAX_PING_BYTES = 125


class RawConnection:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        protocol = getattr(receive, "__self__", None)
        self._transport: asyncio.Transport | None = getattr(protocol, "transport", None)

    def reset_nowait(self) -> None:
        """Gone from one moment to the next: the other side reads "connection reset by peer"."""
        sock = self._transport.get_extra_info("socket") if self._transport else None
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self._abort_transport()

    async def reset(self) -> None:
        """Cut, and wait until everybody here knows: what is answered afterwards goes nowhere."""
        self.reset_nowait()
        await self._wait_disconnected()

    async def close(self) -> None:
        """Closed in good order, but without the answer that was owed."""
        self._abort_transport()
        await self._wait_disconnected()

    def _abort_transport(self) -> None:
        if self._transport is None:
            raise ConnectionResetError
        self._transport.abort()

    async def _wait_disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # what was still on its way

    def ping(self, payload: bytes = b"Ping from Slack") -> None:
        """A websocket's control frame, which may stand between any two others; the library below never hears of it."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes([0x89, len(payload[:MAX_PING_BYTES])]) + payload[:MAX_PING_BYTES])

    def freeze(self) -> None:
        """Read nothing more: the connection stands, and no ping is answered."""
        if self._transport is not None:
            self._transport.pause_reading()
