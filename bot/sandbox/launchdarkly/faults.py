"""The weather: how the sandbox is told to fail, and what it was asked.

A test or a demo sets the fields, the next requests meet them. It knows HTTP and nothing of LaunchDarkly's data.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.launchdarkly.errors import DOCUMENTED_ERRORS, ApiError


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it came in."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def from_request(cls, request: Request) -> "RecordedRequest":
        return cls(request.method, request.url.path, request.url.query, dict(request.headers))


@dataclass
class FaultInjector:
    """Fair unless told otherwise. `Weather(status=503, times=2)` refuses twice; `times = 0` ends any weather."""

    status: int | None = None
    times: int | None = None  # how many more requests meet this weather; None: all of them
    retry_after: int | str | None = None  # seconds
    reset: int | None = None  # epoch milliseconds, may lie in the past; None: the refusal carries no reset header
    delay: float = 0  # seconds before the answer
    body: bytes | None = None  # instead of the answer
    content_type: str = "application/json"
    path_contains: str = ""  # a part of the path: other requests find fair weather
    requests: list[RecordedRequest] = field(default_factory=list, repr=False)

    def record_and_match(self, request: Request) -> bool:
        """Write the request down, and say whether it meets this weather."""
        self.requests.append(RecordedRequest.from_request(request))
        if self.times == 0 or self.path_contains not in request.url.path:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def apply_delay(self) -> None:
        """So long does it take."""
        await asyncio.sleep(self.delay)

    def response(self) -> Response | None:
        """What is answered instead, if anything is."""
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
        """LaunchDarkly's documented body, and plain words for the 5xx, whose bodies are documented nowhere."""
        status = self.status or 200
        if status in DOCUMENTED_ERRORS:
            return ApiError(status).response()
        return Response(HTTPStatus(status).phrase, status, media_type="text/plain")
