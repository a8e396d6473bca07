"""Signed slash commands and mentions, and clients that send them and wait for the messages at their response_urls."""

import asyncio
import gc
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from time import perf_counter

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import BOT_USER_ID, SIGNING_SECRET
from bot.sandbox.slack.payloads import Payload, event_callback, message_action, message_event, slash_command
from bot.sandbox.slack.webhook import sign_request
from bot.sandbox.slack.workspace import Content
from tests.bench.payloads import LINES
from tests.bench.raw_http import MessageProtocol, check

PATH = "/slack/events"
OK_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
USERS, CHANNELS = ("U1", "U2"), ("C1", "C2", "C3", "C6")
BOT_CONNECTIONS = 8  # connections to the bot
ANSWER_TIMEOUT_SECONDS = 30  # seconds for one answer


@dataclass(frozen=True)
class SignedCommand:
    """A whole request, and the name of its response_url."""

    response_id: str
    request: bytes


class CommandWriter:
    """Builds distinct commands: each has its own trigger and response_url."""

    def __init__(self, response_base_url: str = "http://127.0.0.1:9") -> None:
        """Take the base of the response_urls in `answers`; by default, they lead nowhere."""
        self._slack = Slack(now)
        self._slack.url = response_base_url

    def command(self, line: str = "", *, user: str = "U1", channel: str = "C1") -> SignedCommand:
        """Return a command, whose signature is valid for five minutes."""
        response_url = self._slack.issue_response_url(user, channel, line=f"/insights {line}".strip())
        return self._signed(slash_command(self._slack, response_url), response_url.id)

    def press(self, line: str, *, user: str = "U1", channel: str = "C1") -> SignedCommand:
        """Return a button press with this line."""
        target = self._slack.channels[channel]
        message = self._slack.post(target, Content("71"))
        response_url = self._slack.issue_response_url(user, channel, source=message)
        action = {"type": "button", "action_id": "ask", "value": line, "action_ts": message.ts}
        return self._signed(message_action(self._slack, response_url, message, action), response_url.id)

    def _signed(self, payload: Payload, response_id: str) -> SignedCommand:
        signed_request = sign_request(payload, SIGNING_SECRET, int(now().timestamp()), {})
        lines = (
            b"Host: 127.0.0.1",
            b"Content-Length: %d" % len(signed_request.body),
            *map(b": ".join, signed_request.raw_headers),
        )
        head = b"\r\n".join((f"POST {PATH} HTTP/1.1".encode(), *lines))
        return SignedCommand(response_id, head + b"\r\n\r\n" + signed_request.body)

    def requests(self, count: int) -> list[bytes]:
        """Return commands of which only the acknowledgement matters."""
        return [self.command().request for _ in range(count)]

    def mentions(self, count: int) -> list[bytes]:
        """Return mentions of the bot of which only the acknowledgement matters."""
        return [self._mention() for _ in range(count)]

    def _mention(self) -> bytes:
        message = self._slack.post(self._slack.channels["C1"], Content(f"<@{BOT_USER_ID}>"), user="U1")
        event = message_event(self._slack, message) or {}
        return self._signed(event_callback(self._slack, self._slack.new_id("Ev"), event, 0, ""), "").request


def forged() -> bytes:
    """Return a command with a wrong signature."""
    [request] = CommandWriter().requests(1)
    head, name, rest = request.partition(b"v0=")
    return head + name + bytes(reversed(rest[:64])) + rest[64:]


def now() -> datetime:
    return datetime.now(UTC)


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
    response_server = await loop.create_server(lambda: _ResponseUrlConnection(pending), "127.0.0.1", 0)
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


class _BotConnection(MessageProtocol):
    """A connection to the bot, on which commands are pipelined."""

    def __init__(self) -> None:
        super().__init__()
        self._sent: deque[float] = deque()
        self.took: list[float] = []

    def write(self, message: bytes) -> None:
        self._sent.append(perf_counter())
        super().write(message)

    def handle(self, head: bytes) -> None:
        """Time an acknowledgement."""
        check(head)
        self.took.append(perf_counter() - self._sent.popleft())


class _ResponseUrlConnection(MessageProtocol):
    """A connection to the response_urls' server, which responds with 200 to every post."""

    def __init__(self, pending: _PendingAnswers) -> None:
        super().__init__()
        self._pending = pending

    def handle(self, head: bytes) -> None:
        self._pending.mark_answered(head.split(b" ", 2)[1].rpartition(b"/")[2].decode())
        self.write(OK_RESPONSE)
