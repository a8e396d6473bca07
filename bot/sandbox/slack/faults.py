"""Fault injection between the bot and Slack, per method or for response URLs.

`slack.faults["chat.postMessage"] = Fault(status=429, retry_after=1, times=2)`. Keys are method names and
`RESPONSE_URL`; `EVERYWHERE` applies to all that have no fault of their own.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from bot.sandbox.slack.connection import RawConnection

RESPONSE_URL, EVERYWHERE = "response_url", "*"
ERROR_CODES = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


@dataclass
class Fault:
    """A fault to produce; none by default. An affected request has no effect, unless `drop_response` is set."""

    status: int | None = None  # an HTTP status other than 200
    error: str | None = None  # Slack's error code, in `{"ok": false, "error": …}`
    retry_after: int | str | None = None  # seconds
    delay: float = 0  # seconds before the request is handled
    body: str | None = None  # instead of the usual body
    media_type: str = "text/plain"  # of that body
    reset: bool = False  # the connection is reset before the request is handled
    drop_response: bool = False  # the request is handled, but the connection is closed before the response
    drop_delay: float = 0  # seconds between handling the request and closing the connection
    times: int | None = None  # how many more requests are affected; None: all of them

    def consume(self) -> bool:
        """Count a request, and return whether the fault applies to it."""
        if self.times is None or self.times == 0:
            return self.times is None
        self.times -= 1
        return True

    async def before(self, connection: RawConnection) -> Response | None:
        """Apply the fault before a request is handled; return a response to send instead of handling it, if any."""
        await asyncio.sleep(self.delay)
        if self.reset:
            await connection.reset()
            return Response(status_code=500)  # never received
        return self._response()

    async def after(self, connection: RawConnection) -> None:
        """Apply the fault after a request was handled."""
        if self.drop_response:
            await asyncio.sleep(self.drop_delay)
            await connection.close()

    def _response(self) -> Response | None:
        if self.status is None and self.error is None and self.body is None:
            return None
        status = self.status or 200
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.body is not None:
            return Response(self.body, status, headers, media_type=self.media_type)
        error = self.error or ERROR_CODES.get(status) or HTTPStatus(status).phrase
        body: dict[str, Any] = {"ok": False, "error": error}
        return JSONResponse(body, status, headers)


class Faults(dict[str, Fault]):
    """Faults by method name."""

    def take(self, target: str) -> Fault | None:
        """Return the fault that applies to a request now, if any, and count the request."""
        fault = self.get(target) or self.get(EVERYWHERE)
        return fault if fault is not None and fault.consume() else None


@dataclass
class Quirks:
    """Behavior of response URLs that Slack doesn't document. A bot has to work both ways."""

    replaces_progress: bool = True  # after a command, replace_original replaces the command's previous response
    errors_with_200: bool = False  # an error is HTTP 200 with `"ok": false`, instead of 400 with the code as its body
