"""Who is let in: this machine alone, and of the pages that its browsers show, this one.

The address is guessable, so another page could try it. A name that somebody points at this machine brings a foreign
Host; a form or a script of another page brings a foreign Origin, and may not send JSON unasked.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HERE = ("127.0.0.1", "localhost", "::1")
POLICY = {
    "Content-Security-Policy": "; ".join(
        (
            *("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"),
            *("img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
            *("require-trusted-types-for 'script'", "trusted-types fragments"),  # see static/fragments.js
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(POLICY)
            await send(message)

        refused = _refused(scope["method"], Headers(scope=scope)) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, guarded)


def _refused(method: str, headers: Headers) -> PlainTextResponse | None:
    host = headers.get("host", "")
    if _name(f"//{host}") not in HERE:
        return PlainTextResponse("This page is for the machine that it runs on.", 421)
    if method in ("GET", "HEAD"):
        return None
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return PlainTextResponse("Another page may do nothing here.", 403)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return PlainTextResponse("What is done here is said in JSON.", 415)
    return None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
