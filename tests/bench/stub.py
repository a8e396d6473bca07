"""A server on this machine, in a process of its own, that answers each path with the same bytes; it does so little that
what is measured is the client."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import cast

END = b"\r\n\r\n"


@contextmanager
def stub_server(bodies: Mapping[str, bytes]) -> Iterator[str]:
    """Serve these bodies within the block, and return the URL."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    server = processes.Process(target=_serve, args=(theirs, dict(bodies)), daemon=True)
    server.start()
    theirs.close()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        ours.close()
        server.join()


def _serve(pipe: Connection, bodies: Mapping[str, bytes]) -> None:
    responses = {path.encode(): http_response(body) for path, body in bodies.items()}
    asyncio.run(_serve_until_closed(pipe, responses))


async def _serve_until_closed(pipe: Connection, responses: Mapping[bytes, bytes]) -> None:
    """Serve until the other end of the pipe is closed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(responses), "127.0.0.1", 0)
    closed = asyncio.Event()
    loop.add_reader(pipe.fileno(), closed.set)
    pipe.send(server.sockets[0].getsockname()[1])
    await closed.wait()


def http_response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + END + body


class _Connection(asyncio.Protocol):
    """A connection that stays open. A GET has no body, so it ends where its head ends."""

    def __init__(self, responses: Mapping[bytes, bytes]) -> None:
        self._responses = responses
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *heads, self._read = (self._read + data).split(END)
        for head in heads:
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            self._transport.write(self._responses[path])
