"""A LaunchDarkly without manners, on a port of this machine: raw bytes, so that whatever can go wrong on a wire does.
And who meets it: the client alone, so that its limits can be milliseconds, or the whole bot.

What a request meets is chosen by its number: bytes, after which the connection closes, or a behaviour. What the
embedded LaunchDarkly can do politely (bot/sandbox/launchdarkly/faults.py) needs none of this.
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

from bot.app import opened
from bot.launchdarkly import LaunchDarkly, Limits, Number, Real, Reply, Whole
from bot.sandbox.launchdarkly.faults import Weather
from tests.conversation import NOW, Talk, settings

TOKEN = "api-5ee40b2c-not-for-any-eye"  # noqa: S105 - it opens nothing
TRUSTS_NOBODY = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # nothing here is encrypted, and reading certificates takes time


@dataclass
class Visit:
    """One request, as a behaviour sees it."""

    rude: "Rude"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send, let everybody else do something, and end where the other side has hung up."""
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0)
        self.rude.sent += len(data)

    async def hung_up(self) -> None:
        """Wait until the other side closes the connection."""
        while await self.reader.read(1):
            pass


Behaviour = Callable[[Visit], Awaitable[None]]
Manners = Callable[[int], bytes | Behaviour]


@dataclass
class Rude:
    """What the server was asked and what it did."""

    url: str = ""
    connections: int = 0
    requests: list[str] = field(default_factory=list)  # their heads, as they came
    sent: int = 0  # bytes that the other side took, or that wait for it
    heard: asyncio.Event = field(default_factory=asyncio.Event)  # a request has come
    left: asyncio.Event = field(default_factory=asyncio.Event)  # a visit is over


@asynccontextmanager
async def rude(manners: Manners) -> AsyncIterator[Rude]:
    """Serve until the block is left."""
    found = Rude()
    visits: set[asyncio.Task[None]] = set()

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            found.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            found.heard.set()
            behaviour = manners(len(found.requests))
            visit = Visit(found, reader, writer)
            await (visit.send(behaviour) if isinstance(behaviour, bytes) else behaviour(visit))
        found.left.set()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.ensure_future(visited(reader, writer))
        visits.add(visit)
        visit.add_done_callback(lambda done: writer.transport.abort() if done.cancelled() else writer.close())

    server = await asyncio.start_server(welcome, "127.0.0.1", 0)
    found.url = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    try:
        yield found
    finally:
        server.close()
        for visit in visits:
            visit.cancel()
        ended = await asyncio.gather(*visits, return_exceptions=True)
        await server.wait_closed()
    wrong = [error for error in ended if isinstance(error, Exception)]
    assert not wrong, wrong


def reply(status: int, body: bytes = b"", length: int | None = None, **headers: str) -> bytes:
    """An answer as it goes over the wire; *length* is what it says of its body, which need not be true."""
    said = {"Content-Length": str(len(body) if length is None else length), "Connection": "close"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    phrase = HTTPStatus(status).phrase
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def tells(status: int, body: object, **headers: str) -> bytes:
    """An answer in JSON."""
    return reply(status, json.dumps(body).encode(), None, Content_Type="application/json", **headers)


GOOD = tells(200, {"name": "one"})


async def hangs(visit: Visit) -> None:
    """Takes the request, and never says a word."""
    await visit.hung_up()


async def drips(visit: Visit) -> None:
    """Sends one byte after the other, for ever: it is never silent for long, and never done."""
    await visit.send(reply(200, length=10**12))
    while True:
        await visit.send(b" ")


def floods(total: int) -> Behaviour:
    """Sends as much as anybody takes, up to *total* bytes."""

    async def flood(visit: Visit) -> None:
        await visit.send(reply(200, length=total))
        while visit.rude.sent < total:
            await visit.send(b" " * 65_536)

    return flood


class Thing(Reply):
    """What a polite server sends."""

    name: str
    parts: dict[str, Whole] = {}
    weight: Real | None = None
    amount: Number | None = None
    last: "Thing | None" = None


@asynccontextmanager
async def asking(url: str, now: Callable[[], datetime] = lambda: NOW, **limits: Any) -> AsyncIterator[LaunchDarkly]:
    """The client alone, which tries once and remembers nothing unless it is told to."""
    chosen = Limits(**({"attempts": 1, "remembered": 0} | limits))
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": TOKEN}, timeout=chosen.timeout, verify=TRUSTS_NOBODY
    ) as http:
        yield LaunchDarkly(http, chosen, now)


@asynccontextmanager
async def talk_at(url: str, token: str = TOKEN, **given: Any) -> AsyncIterator[Talk]:
    """The whole bot, with the LaunchDarkly at *url* below it."""
    given |= {"launchdarkly_api_host": url, "launchdarkly_access_token": SecretStr(token)}
    async with opened(settings(**given), lambda: NOW) as answers:
        yield Talk(answers, Weather())
