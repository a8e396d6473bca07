"""How what Slack sends reaches the bot, and what the bot acknowledges: over HTTP here, over the socket in `socket`."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.response_urls import Chain
from bot.sandbox.slack.signing import signed

Headers = Mapping[str, str | bytes | None]

# Nothing here is encrypted, and a client would read all certificates of the machine to be ready for it.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TIMEOUT, FAILED = "operation_timeout", "dispatch_failed"


@dataclass(frozen=True)
class Acknowledgement:
    """`error` is what Slack would show instead: the bot was late, not there, or did not say 200."""

    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0
    error: str = ""
    payload: Payload | None = field(default=None, repr=False)
    chain: Chain | None = field(default=None, repr=False)
    sent: "Letter | None" = field(default=None, repr=False)

    @property
    def said(self) -> dict[str, Any]:
        """What it says beyond "I have it": a message, or what a modal shall do next. Plain words are a message."""
        if not self.body.strip():
            return {}
        try:
            found = json.loads(self.body)
        except ValueError:
            return {"text": self.body}
        return found if isinstance(found, dict) else {"text": self.body}


@dataclass(frozen=True)
class Letter:
    """A payload, signed and ready: the same bytes can be sent twice."""

    payload: Payload
    body: bytes
    headers: Mapping[str, str | bytes]

    @property
    def lines(self) -> list[tuple[bytes, bytes]]:
        """A signature need not be ASCII, or text at all."""
        lines = self.headers.items()
        return [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in lines]


def written(payload: Payload, secret: str, timestamp: int, instead: Headers) -> Letter:
    """Signed as Slack signs. *instead* replaces headers, or takes them away (None)."""
    kind, body = payload.encoded()
    headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)", **payload.headers}
    whole = {**headers, **signed(body, secret, timestamp), **instead}
    return Letter(payload, body, {name: value for name, value in whole.items() if value is not None})


async def posted(letter: Letter, url: str, patience: float) -> Acknowledgement:
    """A new connection each time: a client that keeps many at once becomes slow, and its slowness would be told."""
    begun = asyncio.get_running_loop().time()
    transport = httpx.AsyncHTTPTransport(verify=NO_CERTIFICATES)
    found = Acknowledgement(error=FAILED)
    try:
        async with asyncio.timeout(patience), httpx.AsyncClient(transport=transport, trust_env=False) as client:
            answer = await client.post(url, content=letter.body, headers=letter.lines, timeout=None)
            error = "" if answer.status_code == httpx.codes.OK else FAILED
            found = Acknowledgement(answer.status_code, answer.text, dict(answer.headers), error=error)
    except TimeoutError:
        found = Acknowledgement(error=TIMEOUT)
    except httpx.TransportError:
        pass
    return replace(found, seconds=asyncio.get_running_loop().time() - begun, payload=letter.payload, sent=letter)
