"""Rejects requests that Slack didn't sign, before Bolt parses them.

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

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.slack.signature import Signature

log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000  # Slack's largest payloads are far smaller
LARGE_BODY_BYTES = 65_536  # larger bodies are read in turns, so that many of them don't delay a command

NOT_SIGNED = PlainTextResponse("not from Slack", 401)
TOO_LARGE = PlainTextResponse("too large", 413)
UNREADABLE = PlainTextResponse("cannot be read", 400)

_BODY_START = re.compile(rb"\s*\{|\w+=")  # of a JSON object, or of a form
# What Bolt raises while it parses a body. Later errors, in listeners or its own middleware, it handles itself.
_PARSE_ERRORS = (AttributeError, RecursionError, TypeError, ValueError)


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
            log.warning("a request cannot be read: %s", type(error).__name__)
            return False
        return True


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
