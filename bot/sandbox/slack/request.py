"""A parsed Web API call: its method, arguments and time; and the errors that Slack answers with.

Calls may be forms, JSON and query strings.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.sandbox.block_kit import Violation

Json = dict[str, Any]


class ApiError(Exception):
    """An error of Slack's Web API, which is sent with HTTP 200 and `"ok": false`."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields

    @property
    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.fields}


def invalid_blocks_error(error: str, violations: Iterable[Violation]) -> ApiError:
    """Return an error that lists violations in Slack's format."""
    messages = [f"[ERROR] {violation.message} [json-pointer:{violation.pointer}]" for violation in violations]
    return ApiError(error, errors=messages, response_metadata={"messages": messages})


@dataclass(frozen=True)
class Call:
    """A Web API call. `at` is the time on this Slack's clock, `loop_time` on the event loop's, which can't be set."""

    method: str
    arguments: Json
    at: datetime
    loop_time: float
    token: str = field(default="", repr=False)

    def text(self, name: str) -> str:
        """Return an argument as text, empty if missing."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Return whether an argument is true."""
        return self.text(name).lower() in ("true", "1")

    def integer(self, name: str, default: int) -> int:
        """Return an argument as an integer."""
        try:
            return int(self.arguments.get(name) or default)
        except (TypeError, ValueError):
            raise ApiError("invalid_arguments") from None

    def required(self, name: str) -> str:
        """Return an argument as text, or raise Slack's error if it is missing."""
        if not self.text(name):
            raise ApiError(
                "invalid_arguments",
                response_metadata={"messages": [f"[ERROR] missing required field: {name}"]},
            )
        return self.text(name)

    def decode_json(self, name: str, error: str) -> Any:
        """Return a structured argument, which a form contains as a JSON string."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise ApiError(error) from None


async def read_call(request: Request, method: str, at: datetime, loop_time: float) -> Call:
    """Parse a request."""
    arguments: Json = {**request.query_params, **parse_body(await request.body(), request.headers)}
    body_token = str(arguments.pop("token", ""))
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or body_token
    return Call(method, arguments, at, loop_time, token)


def parse_body(body: bytes, headers: Mapping[str, str]) -> Json:
    """Parse a body, a form unless its content type is JSON. JSON that isn't an object raises Slack's error."""
    if "json" not in headers.get("Content-Type", ""):
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        body_json = json.loads(body or b"{}")
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(body_json, dict):
        raise ApiError("json_not_object")
    return body_json
