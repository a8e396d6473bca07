"""What does not even reach Bolt: headers that its verification stumbles over, and bodies beyond all measure.

slack_sdk 3.47 raises on a timestamp that is no number and on a signature that is not ASCII, which becomes a 500 with a
traceback; both are simply not from Slack. The guard verifies nothing: Bolt does that next."""

import asyncio
import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_000_000  # Slack's largest payloads are far smaller

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


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
        await self._inner(scope, _replay(body), send)
        self._acknowledged(asyncio.get_running_loop().time() - began)


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
