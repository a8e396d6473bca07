"""What Bolt stumbles over: headers that are not Slack's, and bodies that are beyond all measure or cannot be read.

slack_sdk 3.47 raises on a timestamp that is no number and on a signature that is not ASCII; both are simply not from
Slack. Bolt 1.30 reads the body before it verifies it, and raises where that is no form, no JSON, or no object. All of
it would be a 500 with a traceback. The guard verifies nothing: Bolt does that."""

import asyncio
import logging
import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000  # Slack's largest payloads are far smaller

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_BODY = re.compile(rb"\s*\{|\w+=")  # how an object begins, and how a form does
# What Bolt raises while it reads. What breaks later, in a listener or in its own middleware, it answers itself.
_UNREADABLE = (AttributeError, RecursionError, TypeError, ValueError)


class Guard:
    """Lets through what might be from Slack, and measures how long its acknowledgement takes."""

    def __init__(self, inner: ASGIApp, acknowledged: Callable[[float], None]) -> None:
        self._inner = inner
        self._acknowledged = acknowledged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = asyncio.get_running_loop().time()
        headers = Headers(scope=scope)
        if not _well_formed(headers):
            await PlainTextResponse("not from Slack", 401)(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await PlainTextResponse("too large", 413)(scope, receive, send)
            return
        try:
            await self._read(scope, body, send)
        except _UNREADABLE as error:
            log.warning("a request cannot be read: %s", type(error).__name__)
            await PlainTextResponse("cannot be read", 400)(scope, receive, send)
            return
        self._acknowledged(asyncio.get_running_loop().time() - began)

    async def _read(self, scope: Scope, body: bytes, send: Send) -> None:
        if not _BODY.match(body):
            raise ValueError
        await self._inner(scope, _replay(body), send)


def _well_formed(headers: Headers) -> bool:
    stamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    return bool(_TIMESTAMP.fullmatch(stamp) and _SIGNATURE.fullmatch(signature))


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or nothing where it is larger than anything Slack sends."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
