"""Slash commands as Slack sends them, signed and ready to be written to a connection."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.sandbox.slack.message import Content
from bot.sandbox.slack.payloads import Payload, message_action, slash_command
from bot.sandbox.slack.webhook import sign_request

PATH = "/slack/events"


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


def forged() -> bytes:
    """Return a command with a wrong signature."""
    [request] = CommandWriter().requests(1)
    head, name, rest = request.partition(b"v0=")
    return head + name + bytes(reversed(rest[:64])) + rest[64:]


def now() -> datetime:
    return datetime.now(UTC)
