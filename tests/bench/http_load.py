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
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return [_once(line, request, pause) for request in requests]


def at_once(port: int, requests: Sequence[bytes], connections: int) -> float:
    """The seconds that all these requests took together."""
    return asyncio.run(_at_once(port, requests, connections))


def status(port: int, request: bytes) -> int:
    """What is said to one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        return int(_asked(line, request).split(b" ", 2)[1])


def _once(line: socket.socket, request: bytes, pause: float) -> float:
    began = perf_counter()
    answer = _asked(line, request)
    took = perf_counter() - began
    check(answer)
    if pause:
        Event().wait(pause)
    return took


def _asked(line: socket.socket, request: bytes) -> bytes:
    line.sendall(request)
    read = b""
    while not complete(read):
        more = line.recv(65536)
        assert more, "the connection was closed instead of an answer"
        read += more
    return read


def complete(message: bytes) -> bool:
    """Whether this is a whole request or a whole answer."""
    head, ended, body = message.partition(END)
    return bool(ended) and len(body) >= length(head)


def length(head: bytes) -> int:
    """How long the body is."""
    _, _, told = head.lower().partition(b"content-length:")
    return int(told.partition(b"\r\n")[0] or 0)


def check(answer: bytes) -> None:
    """Whoever does not acknowledge is not in the race."""
    assert answer.startswith(b"HTTP/1.1 200"), answer


async def _at_once(port: int, requests: Sequence[bytes], connections: int) -> float:
    loop, left = asyncio.get_running_loop(), iter(requests)
    callers = [
        (await loop.create_connection(lambda: _Caller(left, loop.create_future()), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = perf_counter()
    for caller in callers:
        caller.go_on()
    async with asyncio.timeout(120):
        await asyncio.gather(*(caller.done for caller in callers))
    return perf_counter() - began


class _Caller(asyncio.Protocol):
    """A connection that sends the next request when it has the answer to the last."""

    def __init__(self, left: Iterator[bytes], done: "asyncio.Future[None]") -> None:
        self._left = left
        self._read = b""
        self.done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def go_on(self) -> None:
        request = next(self._left, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if complete(self._read):
            check(self._read)
            self._read = b""
            self.go_on()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the connection was closed instead of an answer"))
