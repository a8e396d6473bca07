"""Slash commands as Slack sends them, signed and ready to be written to a connection."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.sandbox.slack.message import Content
from bot.sandbox.slack.payloads import Payload, on_message, slash_command
from bot.sandbox.slack.webhook import written

PATH = "/slack/events"


@dataclass(frozen=True)
class Command:
    """A whole request, and the name of the address that it wants its answer at."""

    answer: str
    request: bytes


class Author:
    """Writes commands, of which no two are the same: each has a trigger and a response_url of its own."""

    def __init__(self, answers: str = "http://127.0.0.1:9") -> None:
        """*answers* is where the response_urls lead; by default, nowhere."""
        self._slack = Slack(now)
        self._slack.url = answers

    def command(self, line: str = "", *, user: str = "U1", channel: str = "C1") -> Command:
        """One command, which is good for five minutes."""
        chain = self._slack.open_chain(user, channel, line=f"/insights {line}".strip())
        return self._written(slash_command(self._slack, chain), chain.id)

    def press(self, line: str, *, user: str = "U1", channel: str = "C1") -> Command:
        """A button that asks this."""
        where = self._slack.channels[channel]
        message = self._slack.post(where, Content("71"))
        chain = self._slack.open_chain(user, channel, source=message)
        action = {"type": "button", "action_id": "ask", "value": line, "action_ts": message.ts}
        return self._written(on_message(self._slack, chain, message, action), chain.id)

    def _written(self, payload: Payload, answer: str) -> Command:
        letter = written(payload, SIGNING_SECRET, int(now().timestamp()), {})
        lines = (b"Host: 127.0.0.1", b"Content-Length: %d" % len(letter.body), *map(b": ".join, letter.lines))
        head = b"\r\n".join((f"POST {PATH} HTTP/1.1".encode(), *lines))
        return Command(answer, head + b"\r\n\r\n" + letter.body)

    def requests(self, count: int) -> list[bytes]:
        """So many commands, of which only the acknowledgement matters."""
        return [self.command().request for _ in range(count)]


def forged() -> bytes:
    """A command that is not from Slack."""
    [request] = Author().requests(1)
    head, name, rest = request.partition(b"v0=")
    return head + name + bytes(reversed(rest[:64])) + rest[64:]


def now() -> datetime:
    return datetime.now(UTC)
