"""People who type commands, and wait for what comes to their response_urls."""

import asyncio
import gc
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from time import perf_counter
from typing import cast

from tests.bench.at_work import LINES
from tests.bench.commands import Author, Command
from tests.bench.http_load import END, check, complete, length

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
USERS, CHANNELS = ("U1", "U2"), ("C1", "C2", "C3", "C6")
LINES_OPEN = 8  # connections to the bot
PATIENCE = 30  # seconds for one answer


class People:
    """All of them in one thread, so that one clock tells when they asked and when they were answered."""

    def __init__(self, author: Author, lines: Sequence["_Line"], awaited: "_Awaited") -> None:
        said = zip(cycle(LINES), cycle(USERS), cycle(CHANNELS), strict=False)
        self._commands = (author.command(line, user=user, channel=channel) for line, user, channel in said)
        self._open = lines
        self._lines = cycle(lines)
        self._awaited = awaited
        self._author = author

    def acknowledged(self) -> list[float]:
        """The seconds that each acknowledgement took since this was asked last."""
        took = [seconds for line in self._open for seconds in line.took]
        for line in self._open:
            line.took.clear()
        return took

    async def at_pace(self, answers: int, a_second: float, presses: int = 0) -> list[float]:
        """The seconds that each of these answers took, asked for at this pace however long they take. Of so
        many, one is pressed and not typed."""
        commands = self._next(answers, presses)
        loop, took = asyncio.get_running_loop(), [self._awaited.of(command) for command in commands]
        begin = loop.time() + 0.1
        gc.collect()
        gc.freeze()  # nobody here shall pause while others are measured
        for n, command in enumerate(commands):
            loop.call_at(begin + n / a_second, self._ask, command)
        return await _all(took, 0.1 + answers / a_second)

    def _next(self, count: int, presses: int) -> list[Command]:
        pressed = [self._author.press(LINES[0]) for _ in range(count // presses if presses else 0)]
        return [*pressed, *islice(self._commands, count - len(pressed))]

    async def at_once(self, answers: int, people: int) -> None:
        """So many answers as fast as they come, each person asking anew once answered."""
        commands = islice(self._commands, answers)

        async def person() -> None:
            for command in commands:
                took = self._awaited.of(command)
                self._ask(command)
                await _all([took], 0)

        await asyncio.gather(*(person() for _ in range(people)))

    def _ask(self, command: Command) -> None:
        self._awaited.sent(command)
        next(self._lines).write(command.request)


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[People]:
    """People who ask the bot at this port, until the block is left."""
    loop, awaited = asyncio.get_running_loop(), _Awaited()
    letterbox = await loop.create_server(lambda: _Letterbox(awaited), "127.0.0.1", 0)
    author = Author(f"http://127.0.0.1:{letterbox.sockets[0].getsockname()[1]}")
    lines = [(await loop.create_connection(_Line, "127.0.0.1", port))[1] for _ in range(LINES_OPEN)]
    try:
        yield People(author, lines, awaited)
    finally:
        for line in lines:
            line.close()
        letterbox.close()


async def _all(took: Sequence["asyncio.Future[float]"], seconds: float) -> list[float]:
    async with asyncio.timeout(seconds + PATIENCE):
        return list(await asyncio.gather(*took))


class _Awaited:
    """The answers that are still to come, by the name of the address at which they are awaited."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._took: dict[str, asyncio.Future[float]] = {}

    def of(self, command: Command) -> "asyncio.Future[float]":
        """The seconds from the command to its answer."""
        took = self._took[command.answer] = asyncio.get_running_loop().create_future()
        return took

    def sent(self, command: Command) -> None:
        self._began[command.answer] = perf_counter()

    def answered(self, name: str) -> None:
        self._took.pop(name).set_result(perf_counter() - self._began.pop(name))


class _Line(asyncio.Protocol):
    """A connection to the bot, on which commands are written as they come."""

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
        """Acknowledgements, none of which says anything."""
        *answers, self._read = (self._read + data).split(END)
        for answer in answers:
            check(answer)
            self.took.append(perf_counter() - self._sent.popleft())


class _Letterbox(asyncio.Protocol):
    """Where the response_urls lead: a connection that says 200 to all that is posted."""

    def __init__(self, awaited: _Awaited) -> None:
        self._awaited = awaited
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while complete(self._read):
            head, _, rest = self._read.partition(END)
            self._awaited.answered(head.split(b" ", 2)[1].rpartition(b"/")[2].decode())
            self._transport.write(OK)
            self._read = rest[length(head) :]
