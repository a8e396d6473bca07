"""Requests on connections that stay open: one after the other, or on many connections at once."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from threading import Event
from time import perf_counter
from typing import cast

END = b"\r\n\r\n"


def one_by_one(port: int, requests: Sequence[bytes], pause: float = 0) -> list[float]:
    """The seconds that each request took, from its first byte to the end of its answer; after each, a *pause*."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return [_time_request(connection, request, pause) for request in requests]


def at_once(port: int, requests: Sequence[bytes], connections: int) -> float:
    """Return the seconds that all these requests took together."""
    return asyncio.run(_at_once(port, requests, connections))


def status(port: int, request: bytes) -> int:
    """Return the status of one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        return int(_exchange(connection, request).split(b" ", 2)[1])


def _time_request(connection: socket.socket, request: bytes, pause: float) -> float:
    began = perf_counter()
    answer = _exchange(connection, request)
    seconds = perf_counter() - began
    check(answer)
    if pause:
        Event().wait(pause)
    return seconds


def _exchange(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    received = b""
    while not complete(received):
        chunk = connection.recv(65536)
        assert chunk, "the connection was closed instead of an answer"
        received += chunk
    return received


def complete(message: bytes) -> bool:
    """Tell whether this is a complete request or response."""
    head, ended, body = message.partition(END)
    return bool(ended) and len(body) >= length(head)


def length(head: bytes) -> int:
    """Return the length of the body."""
    _, _, value = head.lower().partition(b"content-length:")
    return int(value.partition(b"\r\n")[0] or 0)


def check(answer: bytes) -> None:
    """Raise if the response is no acknowledgement."""
    assert answer.startswith(b"HTTP/1.1 200"), answer


async def _at_once(port: int, requests: Sequence[bytes], connections: int) -> float:
    loop, remaining = asyncio.get_running_loop(), iter(requests)
    callers = [
        (await loop.create_connection(lambda: _Caller(remaining, loop.create_future()), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = perf_counter()
    for caller in callers:
        caller.send_next()
    async with asyncio.timeout(120):
        await asyncio.gather(*(caller.done for caller in callers))
    return perf_counter() - began


class _Caller(asyncio.Protocol):
    """A connection that sends the next request when it has the response to the last."""

    def __init__(self, remaining: Iterator[bytes], done: "asyncio.Future[None]") -> None:
        self._remaining = remaining
        self._received = b""
        self.done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send_next(self) -> None:
        request = next(self._remaining, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if complete(self._received):
            check(self._received)
            self._received = b""
            self.send_next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the connection was closed instead of an answer"))
