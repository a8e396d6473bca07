"""Clients that send commands and wait for the messages at their response_urls."""

import asyncio
import gc
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from time import perf_counter
from typing import cast

from tests.bench.at_work import LINES
from tests.bench.commands import CommandWriter, SignedCommand
from tests.bench.http_load import END, check, complete, length

OK_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
USERS, CHANNELS = ("U1", "U2"), ("C1", "C2", "C3", "C6")
BOT_CONNECTIONS = 8  # connections to the bot
ANSWER_TIMEOUT_SECONDS = 30  # seconds for one answer


class Clients:
    """All clients, in one thread, so that one clock measures commands and answers."""

    def __init__(
        self, author: CommandWriter, connections: Sequence["_BotConnection"], pending: "_PendingAnswers"
    ) -> None:
        typed = zip(cycle(LINES), cycle(USERS), cycle(CHANNELS), strict=False)
        self._commands = (author.command(line, user=user, channel=channel) for line, user, channel in typed)
        self._connections = connections
        self._next_connection = cycle(connections)
        self._pending = pending
        self._author = author

    def take_ack_seconds(self) -> list[float]:
        """Return the seconds of each acknowledgement since the last call."""
        took = [seconds for connection in self._connections for seconds in connection.took]
        for connection in self._connections:
            connection.took.clear()
        return took

    async def at_pace(self, answers: int, per_second: float, press_every: int = 0) -> list[float]:
        """Send commands at this pace, however long the answers take, and return the seconds of each. One in so
        many is a button press."""
        commands = self._next_commands(answers, press_every)
        loop, took = asyncio.get_running_loop(), [self._pending.future_for(command) for command in commands]
        start = loop.time() + 0.1
        gc.collect()
        gc.freeze()  # no garbage collection while measuring
        for n, command in enumerate(commands):
            loop.call_at(start + n / per_second, self._send, command)
        return await _gather(took, 0.1 + answers / per_second)

    def _next_commands(self, count: int, press_every: int) -> list[SignedCommand]:
        pressed = [self._author.press(LINES[0]) for _ in range(count // press_every if press_every else 0)]
        return [*pressed, *islice(self._commands, count - len(pressed))]

    async def at_once(self, answers: int, clients: int) -> None:
        """Request answers as fast as possible; each client sends its next command once it is answered."""
        commands = islice(self._commands, answers)

        async def client() -> None:
            for command in commands:
                took = self._pending.future_for(command)
                self._send(command)
                await _gather([took], 0)

        await asyncio.gather(*(client() for _ in range(clients)))

    def _send(self, command: SignedCommand) -> None:
        self._pending.mark_sent(command)
        next(self._next_connection).write(command.request)


@asynccontextmanager
async def open_clients(port: int) -> AsyncIterator[Clients]:
    """Run clients of the bot at this port, within the block."""
    loop, pending = asyncio.get_running_loop(), _PendingAnswers()
    response_server = await loop.create_server(lambda: _ResponseUrlServer(pending), "127.0.0.1", 0)
    author = CommandWriter(f"http://127.0.0.1:{response_server.sockets[0].getsockname()[1]}")
    connections = [(await loop.create_connection(_BotConnection, "127.0.0.1", port))[1] for _ in range(BOT_CONNECTIONS)]
    try:
        yield Clients(author, connections, pending)
    finally:
        for connection in connections:
            connection.close()
        response_server.close()


async def _gather(took: Sequence["asyncio.Future[float]"], seconds: float) -> list[float]:
    async with asyncio.timeout(seconds + ANSWER_TIMEOUT_SECONDS):
        return list(await asyncio.gather(*took))


class _PendingAnswers:
    """The pending answers, by the name of their response_url."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._took: dict[str, asyncio.Future[float]] = {}

    def future_for(self, command: SignedCommand) -> "asyncio.Future[float]":
        """Return a future of the seconds from the command to its answer."""
        took = self._took[command.response_id] = asyncio.get_running_loop().create_future()
        return took

    def mark_sent(self, command: SignedCommand) -> None:
        self._began[command.response_id] = perf_counter()

    def mark_answered(self, name: str) -> None:
        self._took.pop(name).set_result(perf_counter() - self._began.pop(name))


class _BotConnection(asyncio.Protocol):
    """A connection to the bot, on which commands are pipelined."""

    def __init__(self) -> None:
        self._read = b""
        self._sent: deque[float] = deque()
        self.took: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def write(self, request: bytes) -> None:
        self._sent.append(perf_counter())
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Time the acknowledgements, whose bodies are empty."""
        *answers, self._read = (self._read + data).split(END)
        for answer in answers:
            check(answer)
            self.took.append(perf_counter() - self._sent.popleft())


class _ResponseUrlServer(asyncio.Protocol):
    """A connection to the response_urls' server, which responds with 200 to every post."""

    def __init__(self, pending: _PendingAnswers) -> None:
        self._pending = pending
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while complete(self._read):
            head, _, rest = self._read.partition(END)
            self._pending.mark_answered(head.split(b" ", 2)[1].rpartition(b"/")[2].decode())
            self._transport.write(OK_RESPONSE)
            self._read = rest[length(head) :]
