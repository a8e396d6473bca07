"""A misbehaving LaunchDarkly on a local port: raw bytes, so that any failure of a connection can be tested.
Its clients: the bot's client alone, whose limits can be milliseconds, or the whole bot.

The number of a request selects its response: bytes, after which the connection closes, or a behavior. Faults that the
sandbox can produce (bot/sandbox/launchdarkly/faults.py) don't need this server.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import SecretStr

from bot.core import open_answers
from bot.launchdarkly import ClientLimits, Float64, Int64, LaunchDarkly, Number, Reply
from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.conversation import NOW, Conversation, settings

TOKEN = "api-5ee40b2c-not-for-any-eye"  # noqa: S105 - it opens nothing
EMPTY_SSL_CONTEXT = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # nothing here is encrypted, and reading certificates takes time


@dataclass
class Connection:
    """One request, as a behavior sees it."""

    server: "MisbehavingServer"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send, yield to the event loop, and stop if the other side has closed."""
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0)
        self.server.bytes_sent += len(data)

    async def wait_for_close(self) -> None:
        """Wait until the other side closes the connection."""
        while await self.reader.read(1):
            pass


Behaviour = Callable[[Connection], Awaitable[None]]
ChooseBehaviour = Callable[[int], bytes | Behaviour]


@dataclass
class MisbehavingServer:
    """What the server received and did."""

    url: str = ""
    connections: int = 0
    requests: list[str] = field(default_factory=list)  # their raw heads
    bytes_sent: int = 0  # bytes received by the client, or waiting for it
    request_received: asyncio.Event = field(default_factory=asyncio.Event)  # a request has arrived
    connection_done: asyncio.Event = field(default_factory=asyncio.Event)  # a connection is closed


@asynccontextmanager
async def misbehaving_server(choose_behaviour: ChooseBehaviour) -> AsyncIterator[MisbehavingServer]:
    """Serve until the block is left."""
    misbehaving = MisbehavingServer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        misbehaving.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            misbehaving.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            misbehaving.request_received.set()
            behaviour = choose_behaviour(len(misbehaving.requests))
            connection = Connection(misbehaving, reader, writer)
            await (connection.send(behaviour) if isinstance(behaviour, bytes) else behaviour(connection))
        misbehaving.connection_done.set()

    def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(lambda done: writer.transport.abort() if done.cancelled() else writer.close())

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    misbehaving.url = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    try:
        yield misbehaving
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
    error = [error for error in results if isinstance(error, Exception)]
    assert not error, error


def http_response(status: int, body: bytes = b"", content_length: int | None = None, **headers: str) -> bytes:
    """Return an HTTP response as bytes; `length` is its Content-Length, which may be wrong."""
    all_headers = {
        "Content-Length": str(len(body) if content_length is None else content_length),
        "Connection": "close",
    }
    all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    phrase = HTTPStatus(status).phrase
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in all_headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def json_response(status: int, body: object, **headers: str) -> bytes:
    """Return an HTTP response in JSON."""
    return http_response(status, json.dumps(body).encode(), None, Content_Type="application/json", **headers)


GOOD_RESPONSE = json_response(200, {"name": "one"})


async def hang(connection: Connection) -> None:
    """Accept the request, and never respond."""
    await connection.wait_for_close()


async def drip(connection: Connection) -> None:
    """Send one byte at a time, forever: never silent for long, and never done."""
    await connection.send(http_response(200, content_length=10**12))
    while True:
        await connection.send(b" ")


def flood(total: int) -> Behaviour:
    """Send as much as the client takes, up to `total` bytes."""

    async def send_all(connection: Connection) -> None:
        await connection.send(http_response(200, content_length=total))
        while connection.server.bytes_sent < total:
            await connection.send(b" " * 65_536)

    return send_all


class SampleReply(Reply):
    """A reply of a well-behaved server."""

    name: str
    parts: dict[str, Int64] = {}
    weight: Float64 | None = None
    amount: Number | None = None
    last: "SampleReply | None" = None


@asynccontextmanager
async def client_for(url: str, now: Callable[[], datetime] = lambda: NOW, **limits: Any) -> AsyncIterator[LaunchDarkly]:
    """Return the bot's client alone, by default without retries and cache."""
    client_limits = ClientLimits(**({"attempts": 1, "cache_seconds": 0} | limits))
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": TOKEN}, timeout=client_limits.timeout, verify=EMPTY_SSL_CONTEXT
    ) as http:
        yield LaunchDarkly(http, client_limits, now)


@asynccontextmanager
async def conversation_at(url: str, token: str = TOKEN, **overrides: Any) -> AsyncIterator[Conversation]:
    """Start the whole bot, with the LaunchDarkly at `url`."""
    overrides |= {"launchdarkly_api_host": url, "launchdarkly_access_token": SecretStr(token)}
    async with open_answers(settings(**overrides), lambda: NOW) as answers:
        yield Conversation(answers, FaultInjector())
