"""The TCP connection under a request, for what ASGI can't do: reset it, ping over it, stop reading from it.

uvicorn passes an app a bound method of the object that holds the connection; only this module relies on that. An app
that is called without a server has no connection, and resetting it raises what a reset connection would.
"""

import asyncio
import socket
import struct

from starlette.types import Receive

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
