"""Deliver signed payloads to the bot over HTTP, and read its acknowledgement. `socket_mode` does so over a socket."""

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.state import ResponseUrl

Headers = Mapping[str, str | bytes | None]

# Nothing here is encrypted; by default, a client would load all certificates of the machine.
TLS_WITHOUT_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TIMEOUT, FAILED = "operation_timeout", "dispatch_failed"


def signature_headers(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """Return the timestamp and signature headers for a body."""
    base = b"v0:%d:%b" % (timestamp, body)
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


@dataclass(frozen=True)
class Acknowledgement:
    """The bot's acknowledgement. `error` is what Slack would show if it was late, unreachable, or didn't send 200."""

    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0
    error: str = ""
    payload: Payload | None = field(default=None, repr=False)
    response_url: ResponseUrl | None = field(default=None, repr=False)
    request: "SignedRequest | None" = field(default=None, repr=False)

    @property
    def response(self) -> dict[str, Any]:
        """The body: a message (plain text is one too), or what a modal does next. Empty for a bare acknowledgement."""
        if not self.body.strip():
            return {}
        try:
            decoded = json.loads(self.body)
        except ValueError:
            return {"text": self.body}
        return decoded if isinstance(decoded, dict) else {"text": self.body}


@dataclass(frozen=True)
class SignedRequest:
    """A signed payload as bytes, so that it can be sent again unchanged."""

    payload: Payload
    body: bytes
    headers: Mapping[str, str | bytes]

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as bytes, because a test's signature need not be ASCII or text."""
        items = self.headers.items()
        return [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in items]


def sign_request(payload: Payload, secret: str, timestamp: int, overrides: Headers) -> SignedRequest:
    """Sign a payload as Slack does. `overrides` replaces headers, or removes them (None)."""
    content_type, body = payload.encode()
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        **payload.headers,
    }
    all_headers = {**headers, **signature_headers(body, secret, timestamp), **overrides}
    return SignedRequest(payload, body, {name: value for name, value in all_headers.items() if value is not None})


async def send_request(request: SignedRequest, url: str, timeout_seconds: float) -> Acknowledgement:
    """Send a request over a new connection. A client with many open ones is slow, which would distort `seconds`."""
    started_at = asyncio.get_running_loop().time()
    transport = httpx.AsyncHTTPTransport(verify=TLS_WITHOUT_CERTIFICATES)
    acknowledgement = Acknowledgement(error=FAILED)
    try:
        async with asyncio.timeout(timeout_seconds), httpx.AsyncClient(transport=transport, trust_env=False) as client:
            response = await client.post(url, content=request.body, headers=request.raw_headers, timeout=None)
            error = "" if response.status_code == httpx.codes.OK else FAILED
            acknowledgement = Acknowledgement(response.status_code, response.text, dict(response.headers), error=error)
    except TimeoutError:
        acknowledgement = Acknowledgement(error=TIMEOUT)
    except httpx.TransportError:
        pass
    return replace(
        acknowledgement,
        seconds=asyncio.get_running_loop().time() - started_at,
        payload=request.payload,
        request=request,
    )
