"""Verifies Slack's signature of a request, and rejects all others before Bolt parses them.

The signature is an HMAC over the timestamp and the raw body:
https://docs.slack.dev/authentication/verifying-requests-from-slack. slack_sdk 3.47's own verifier raises on a timestamp
that isn't a number, on a signature that isn't ASCII, and on a body that isn't UTF-8.

Bolt 1.30 parses a body before it verifies the signature, which takes a third of a second for a megabyte of `a=&`. So
this middleware verifies, and Bolt doesn't. Bolt also raises on a body that is neither a form nor a JSON object, which
would be a 500 with a traceback.
"""

import asyncio
import hmac
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000  # Slack's largest payloads are far smaller
LARGE_BODY_BYTES = 65_536  # larger bodies are read in turns, so that many of them don't delay a command

NOT_SIGNED = PlainTextResponse("not from Slack", 401)
TOO_LARGE = PlainTextResponse("too large", 413)
UNREADABLE = PlainTextResponse("unreadable", 400)

_BODY_START = re.compile(rb"\s*\{|\w+=")  # of a JSON object, or of a form
# What Bolt raises while it parses a body. Later errors, in listeners or its own middleware, it handles itself.
_PARSE_ERRORS = (AttributeError, RecursionError, TypeError, ValueError)

SIGNATURE_HEADER = "x-slack-signature"
MAX_AGE_SECONDS = 300  # as Slack recommends: an older request may be a replay

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class RequestChecks:
    """ASGI middleware that forwards signed requests and measures how long the acknowledgement takes."""

    def __init__(
        self,
        app: ASGIApp,
        signing_secret: str,
        on_acknowledged: Callable[[float], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take wall-clock time: Slack signs with it, even where the bot runs on simulated time."""
        self._app = app
        self._secret = signing_secret.encode()
        self._on_acknowledged = on_acknowledged
        self._clock = clock
        self._large_body_lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_at = asyncio.get_running_loop().time()
        signature = Signature.from_headers(Headers(scope=scope))
        if signature is None or not signature.is_recent(self._clock()):
            await NOT_SIGNED(scope, receive, send)
            return
        expected = signature.start_hmac(self._secret)
        try:
            body = await self._read_body(Request(scope, receive), expected)
        except ClientDisconnect:
            return
        if body is None:
            await TOO_LARGE(scope, receive, send)
        elif not signature.matches(expected):
            await NOT_SIGNED(scope, receive, send)
        elif await self._forward(scope, body, send):
            self._on_acknowledged(asyncio.get_running_loop().time() - started_at)
        else:
            await UNREADABLE(scope, receive, send)

    async def _read_body(self, request: Request, expected: hmac.HMAC) -> bytes | None:
        """Read and hash the body. Return None if it is larger than anything Slack sends."""
        if int(request.headers.get("content-length", 0)) > MAX_BYTES:  # the server has checked that it is a number
            return None
        body = bytearray()
        async for chunk in request.stream():
            expected.update(chunk)
            body += chunk
            if len(body) > MAX_BYTES:
                return None
            if len(body) > LARGE_BODY_BYTES:
                async with self._large_body_lock:
                    await asyncio.sleep(0)
        return bytes(body)

    async def _forward(self, scope: Scope, body: bytes, send: Send) -> bool:
        """Forward the body to Bolt, and return whether Bolt could parse it."""
        try:
            if not _BODY_START.match(body):
                raise ValueError
            await self._app(scope, _replay(body), send)
        except _PARSE_ERRORS as error:
            log.warning("unreadable request: %s", type(error).__name__)
            return False
        return True


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@dataclass(frozen=True, slots=True)
class Signature:
    """The timestamp and signature that a request claims. It is trusted only once it matches."""

    timestamp: str
    value: str

    @classmethod
    def from_headers(cls, headers: Headers) -> "Signature | None":
        """Read the two headers. Return None if either is missing, repeated or malformed."""
        timestamps, values = headers.getlist("x-slack-request-timestamp"), headers.getlist(SIGNATURE_HEADER)
        if len(timestamps) != 1 or len(values) != 1:
            return None
        well_formed = _TIMESTAMP.fullmatch(timestamps[0]) and _SIGNATURE.fullmatch(values[0])
        return cls(timestamps[0], values[0]) if well_formed else None

    def is_recent(self, now: float) -> bool:
        """Return whether the timestamp is within five minutes of now, either way: clocks may be a little off."""
        return abs(now - int(self.timestamp)) <= MAX_AGE_SECONDS

    def start_hmac(self, secret: bytes) -> hmac.HMAC:
        """Start computing the expected signature. Update it with the body, chunk by chunk."""
        return hmac.new(secret, f"v0:{self.timestamp}:".encode(), "sha256")

    def matches(self, expected: hmac.HMAC) -> bool:
        """Compare in constant time, so that timing reveals nothing about the expected value."""
        return hmac.compare_digest(f"v0={expected.hexdigest()}", self.value)
