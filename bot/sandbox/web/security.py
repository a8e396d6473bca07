"""Reject requests that don't come from this machine and this page, or are too large, and add security headers.

The URL is guessable, so another page could try it. DNS rebinding shows in a foreign Host header. A form or script of
another page has a foreign Origin header, and can't send JSON without a CORS preflight.
"""

import json
from collections.abc import AsyncIterable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            *("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"),
            *("img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
            *("require-trusted-types-for 'script'", "trusted-types trusted-html"),  # see static/trusted_html.js
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MAX_BODY_BYTES = 1_000_000  # twice the longest message with every character escaped
BODY_TOO_LARGE = "Too large."


class SecurityMiddleware:
    """Checks the Host, Origin and Content-Type of requests, and adds security headers to responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        rejection = _rejection(scope["method"], Headers(scope=scope)) if scope["type"] == "http" else None
        await (rejection or self._app)(scope, receive, send_with_headers)


def _rejection(method: str, headers: Headers) -> PlainTextResponse | None:
    host = headers.get("host", "")
    if _hostname(f"//{host}") not in LOCAL_HOSTS:
        return PlainTextResponse("This page is only available on this machine.", 421)
    if method in ("GET", "HEAD"):
        return None
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return PlainTextResponse("Cross-origin requests aren't allowed.", 403)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return PlainTextResponse("Send JSON.", 415)
    return None


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


class BodyTooLarge(Exception):
    """The body exceeds `MAX_BODY_BYTES`."""


async def read_json(body: AsyncIterable[bytes]) -> dict[str, Any]:
    """Return the object, or raise a KeyError if there is none.

    An oversized body is drained, then rejected: a client whose connection is cut while it sends doesn't read the
    response.
    """
    size, buffer = 0, bytearray()
    async for chunk in body:
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            buffer += chunk
    if size > MAX_BODY_BYTES:
        raise BodyTooLarge
    decoded = _parse(bytes(buffer))
    if not isinstance(decoded, dict):
        raise KeyError("an object")
    return decoded


def _parse(body: bytes) -> object:
    """Parse a body; None if it isn't JSON, or has what can't be encoded again: a lone surrogate, NaN or infinity."""
    try:
        decoded: object = json.loads(body)
        json.dumps(decoded, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return decoded
