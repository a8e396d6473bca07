"""The weather between the bot and Slack: how each method, and each response_url, can be told to fail.

`slack.weather["chat.postMessage"] = Weather(status=429, retry_after=1, times=2)`. The places are the methods' names and
`RESPONSE_URL`; `EVERYWHERE` is met where a place has no weather of its own.
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
    """Fair unless told otherwise. Unless `lost`, a request that meets it has done nothing."""

    status: int | None = None  # an HTTP status other than 200
    error: str | None = None  # `{"ok": false, "error": …}`, as Slack refuses
    retry_after: int | str | None = None  # seconds
    delay: float = 0  # seconds before anything is done
    body: str | None = None  # instead of the usual one
    media_type: str = "text/plain"  # of that body
    reset: bool = False  # the connection is reset: nothing was done, and nobody says so
    drop_response: bool = False  # all was done, and the connection is closed before the answer
    drop_delay: float = 0  # seconds between the doing and the closing
    times: int | None = None  # how many more requests meet it; None: all of them

    def consume(self) -> bool:
        if self.times is None or self.times == 0:
            return self.times is None
        self.times -= 1
        return True

    async def before(self, connection: RawConnection) -> Response | None:
        """What happens instead, if anything does."""
        await asyncio.sleep(self.delay)
        if self.reset:
            await connection.reset()
            return Response(status_code=500)  # nobody is there to read it
        return self._response()

    async def after(self, connection: RawConnection) -> None:
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
    """Places and their weather."""

    def take(self, target: str) -> Fault | None:
        """The weather that a request meets there now, if it meets any."""
        fault = self.get(target) or self.get(EVERYWHERE)
        return fault if fault is not None and fault.consume() else None


@dataclass
class Quirks:
    """What Slack does not say about its response_urls. A bot has to read well both ways."""

    replaces_progress: bool = True  # after a command, replace_original replaces what the command's answer said before
    errors_with_200: bool = False  # a refusal is HTTP 200 with `"ok": false`, instead of 400 with the code as its body
