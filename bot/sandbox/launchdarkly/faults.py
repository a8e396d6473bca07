"""Fault injection: failures for the sandbox to produce, and a record of the requests that it received.

A test or a demo sets the fields; they apply to the next requests. This module knows HTTP, not LaunchDarkly's data.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.launchdarkly.request import DOCUMENTED_ERRORS, ApiError, Feature


@dataclass(frozen=True)
class RecordedRequest:
    """A request as received."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def from_request(cls, request: Request) -> "RecordedRequest":
        return cls(request.method, request.url.path, request.url.query, dict(request.headers))


@dataclass
class FaultInjector:
    """The fault to produce; none by default.

    `FaultInjector(status=503, times=2)` fails two requests; setting `times = 0` ends any fault.
    """

    status: int | None = None
    times: int | None = None  # how many more requests are affected; None: all of them
    retry_after: int | str | None = None  # seconds
    reset: int | None = None  # epoch milliseconds, may be in the past; None: the error has no reset header
    delay: float = 0  # seconds before the response
    body: bytes | None = None  # instead of the real response
    content_type: str = "application/json"
    path_contains: str = ""  # only requests whose path contains this are affected
    missing: frozenset[Feature] = frozenset()  # what the plan or the token doesn't include, whatever the fault
    requests: list[RecordedRequest] = field(default_factory=list, repr=False)

    def record_and_match(self, request: Request) -> bool:
        """Record a request, and return whether the fault applies to it."""
        self.requests.append(RecordedRequest.from_request(request))
        if self.times == 0 or self.path_contains not in request.url.path:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def apply_delay(self) -> None:
        """Wait for the configured delay."""
        await asyncio.sleep(self.delay)

    def response(self) -> Response | None:
        """Return the response to send instead of the real one, or None if the fault is only a delay."""
        if self.status is None and self.body is None:
            return None
        response = self._custom_response() if self.body is not None else self._documented_response()
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        if self.reset is not None:
            response.headers["X-Ratelimit-Reset"] = str(self.reset)
        return response

    def _custom_response(self) -> Response:
        return Response(self.body, self.status or 200, headers={"Content-Type": self.content_type})

    def _documented_response(self) -> Response:
        """Return LaunchDarkly's documented body, or plain text for a 5xx, whose bodies are documented nowhere."""
        status = self.status or 200
        if status in DOCUMENTED_ERRORS:
            return ApiError(status).response()
        return Response(HTTPStatus(status).phrase, status, media_type="text/plain")
