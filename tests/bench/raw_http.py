"""HTTP on raw connections that stay open: requests, and a server that sends fixed replies.

Both do so little that what is measured is the other side. The server runs in its own process, and this module imports
little, since the clients that are compared import it too.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
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


class MessageProtocol(asyncio.Protocol):
    """A connection that handles each message that has arrived completely."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def write(self, message: bytes) -> None:
        self._transport.write(message)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while complete(self._received):
            head, _, rest = self._received.partition(END)
            self._received = rest[length(head) :]
            self.handle(head)

    def handle(self, head: bytes) -> None:
        """Handle a message with this head."""
        raise NotImplementedError


class _Caller(MessageProtocol):
    """A connection that sends the next request when it has the response to the last."""

    def __init__(self, remaining: Iterator[bytes], done: "asyncio.Future[None]") -> None:
        super().__init__()
        self._remaining = remaining
        self.done = done

    def send_next(self) -> None:
        request = next(self._remaining, None)
        if request is None:
            self.close()
            self.done.set_result(None)
        else:
            self.write(request)

    def handle(self, head: bytes) -> None:
        check(head)
        self.send_next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the connection was closed instead of an answer"))


@dataclass(frozen=True)
class StubServer:
    """A local server that sends fixed replies and counts requests."""

    url: str
    pipe: Connection

    @property
    def slack(self) -> str:
        """The URL of Slack's Web API."""
        return f"{self.url}/api/"

    def request_counts(self) -> Counter[str]:
        """Return the number of requests to each path so far."""
        self.pipe.send("?")
        counts: Counter[str] = self.pipe.recv()
        return counts

    def launchdarkly_requests(self) -> int:
        return sum(count for path, count in self.request_counts().items() if path.startswith("/api/v2/"))

    def posted_messages(self) -> int:
        return self.request_counts()["/api/chat.postMessage"]


@contextmanager
def stub_server(bodies: Mapping[str, bytes]) -> Iterator[StubServer]:
    """Serve these bodies by path, within the block."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    server = processes.Process(target=_serve, args=(theirs, dict(bodies)), daemon=True)
    server.start()
    theirs.close()
    try:
        yield StubServer(f"http://127.0.0.1:{ours.recv()}", ours)
    finally:
        ours.close()
        server.join()


def _serve(pipe: Connection, bodies: Mapping[str, bytes]) -> None:
    asyncio.run(_serve_until_closed(pipe, {path: _response(body) for path, body in bodies.items()}))


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + END + body


async def _serve_until_closed(pipe: Connection, responses: Mapping[str, bytes]) -> None:
    """Serve until the other end of the pipe is closed."""
    loop, closed, counts = asyncio.get_running_loop(), asyncio.Event(), Counter[str]()
    server = await loop.create_server(lambda: _ServerConnection(responses, counts), "127.0.0.1", 0)

    def on_message() -> None:
        try:
            pipe.recv()
        except EOFError:
            loop.remove_reader(pipe.fileno())
            closed.set()
        else:
            pipe.send(counts)

    loop.add_reader(pipe.fileno(), on_message)
    pipe.send(server.sockets[0].getsockname()[1])
    await closed.wait()


class _ServerConnection(MessageProtocol):
    """A connection to the stub server."""

    def __init__(self, responses: Mapping[str, bytes], counts: Counter[str]) -> None:
        super().__init__()
        self._responses = responses
        self._counts = counts

    def handle(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1].partition(b"?")[0].decode()
        self._counts[path] += 1
        self.write(self._responses[path])
