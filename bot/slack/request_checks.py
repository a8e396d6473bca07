"""What reaches Bolt: requests that Slack signed. All others are refused at the cost of reading and hashing them.

Bolt 1.30 parses a body before it verifies the signature, which takes a third of a second for a megabyte of `a=&`. So
the guard verifies, and Bolt doesn't. Bolt also raises on a body that isn't a form, JSON, or an object, which would be a
500 with a traceback.
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
USUAL_BYTES = 65_536  # what is larger takes its turn, so that many large bodies don't hold up a command

NOT_SIGNED = PlainTextResponse("not from Slack", 401)
TOO_LARGE = PlainTextResponse("too large", 413)
UNREADABLE = PlainTextResponse("cannot be read", 400)

_BODY = re.compile(rb"\s*\{|\w+=")  # how an object begins, and how a form does
# What Bolt raises while it reads. What breaks later, in a listener or in its own middleware, it answers itself.
_CANNOT_READ = (AttributeError, RecursionError, TypeError, ValueError)


class Guard:
    """Lets through what Slack signed, and measures how long its acknowledgement takes."""

    def __init__(
        self,
        inner: ASGIApp,
        signing_secret: str,
        acknowledged: Callable[[float], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Slack signs by the *clock* on the wall, also where the bot lives in a time of its own."""
        self._inner = inner
        self._secret = signing_secret.encode()
        self._acknowledged = acknowledged
        self._clock = clock
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = asyncio.get_running_loop().time()
        signature = Signature.read(Headers(scope=scope))
        if signature is None or not signature.is_recent(self._clock()):
            await NOT_SIGNED(scope, receive, send)
            return
        expected = signature.expected(self._secret)
        try:
            body = await self._body(Request(scope, receive), expected)
        except ClientDisconnect:
            return
        if body is None:
            await TOO_LARGE(scope, receive, send)
        elif not signature.matches(expected):
            await NOT_SIGNED(scope, receive, send)
        elif await self._hand_on(scope, body, send):
            self._acknowledged(asyncio.get_running_loop().time() - began)
        else:
            await UNREADABLE(scope, receive, send)

    async def _body(self, request: Request, expected: hmac.HMAC) -> bytes | None:
        """Read and hash the whole body, or nothing where it is larger than anything Slack sends."""
        if int(request.headers.get("content-length", 0)) > MAX_BYTES:  # the server has checked that it is a number
            return None
        body = bytearray()
        async for piece in request.stream():
            expected.update(piece)
            body += piece
            if len(body) > MAX_BYTES:
                return None
            if len(body) > USUAL_BYTES:
                async with self._turn:
                    await asyncio.sleep(0)
        return bytes(body)

    async def _hand_on(self, scope: Scope, body: bytes, send: Send) -> bool:
        """Give it to Bolt, and tell whether Bolt could read it."""
        try:
            if not _BODY.match(body):
                raise ValueError
            await self._inner(scope, _replay(body), send)
        except _CANNOT_READ as error:
            log.warning("a request cannot be read: %s", type(error).__name__)
            return False
        return True


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
