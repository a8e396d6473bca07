"""A Web API call, parsed, with its messages and views checked as Slack does; and the errors that Slack answers with.

Calls may be forms, JSON and query strings.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.sandbox.block_kit import Violation, suggestion_violations, unfurl_violations, view_violations, violations
from bot.sandbox.slack.elements import input_id
from bot.sandbox.slack.workspace import Content

Json = dict[str, Any]

MAX_TEXT_LENGTH = 40_000  # Slack recommends 4,000 and truncates here; an error keeps the bot from relying on that
MAX_VIEW_BYTES = 250_000
CHART_BLOCK_TYPES = ("data_visualization", "data_table")


class ApiError(Exception):
    """An error of Slack's Web API, which is sent with HTTP 200 and `"ok": false`."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields

    @property
    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.fields}


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


def validate_content(text: object, blocks: object, metadata: object, *, charts: bool = True) -> Content:
    """Return the content, or raise Slack's error."""
    if blocks is not None and not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if not text and not blocks:
        raise ApiError("no_text")
    if not isinstance(text or "", str) or len(str(text or "")) > MAX_TEXT_LENGTH:
        raise ApiError("msg_too_long")
    if block_violations := list(_violations(blocks or [], charts=charts)):
        raise _invalid_blocks_error("invalid_blocks", block_violations)
    if metadata is not None and not _is_metadata(metadata):
        raise ApiError("invalid_metadata_format")
    return Content(str(text or ""), blocks or [], metadata if isinstance(metadata, dict) else None)


def _violations(blocks: list[Any], *, charts: bool) -> Iterator[Violation]:
    if not blocks:
        return
    # The rules require a text besides blocks; Slack doesn't, so one is added here.
    yield from (one for one in violations({"text": " ", "blocks": blocks}) if one.pointer.startswith("/blocks"))
    if not charts:
        yield from _unsupported_charts(blocks)


def _unsupported_charts(blocks: list[Any]) -> Iterator[Violation]:
    """Yield the violations in a workspace without the newer blocks, which doesn't know their types."""
    for index, block in enumerate(blocks):
        if isinstance(block, dict) and block.get("type") in CHART_BLOCK_TYPES:
            yield Violation(f"/blocks/{index}/type", f"unsupported type: {block['type']}")


def _is_metadata(metadata: object) -> bool:
    return (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )


def validate_view(view: object, kind: str) -> Json:
    """Return a modal or a Home tab, whichever this is the place for, or raise Slack's error."""
    if not isinstance(view, dict):
        raise _invalid_blocks_error("invalid_arguments", [Violation("/view", "must be an object")])
    if len(json.dumps(view, ensure_ascii=False).encode()) > MAX_VIEW_BYTES:
        raise ApiError("view_too_large")
    if view.get("type") != kind:
        raise _invalid_blocks_error("invalid_arguments", [Violation("/view/type", f"must be {kind}")])
    if block_violations := view_violations(view):
        raise _invalid_blocks_error(
            "invalid_arguments", [Violation(f"/view{one.pointer}", one.message) for one in block_violations]
        )
    return view


def validate_view_errors(errors: object, blocks: list[Any]) -> dict[str, str]:
    """Return the errors to show below a modal's inputs; one for a missing input makes Slack show a failure."""
    inputs = {input_id(block, index) for index, block in enumerate(blocks) if block.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs or not all(errors.values()):
        raise ApiError("invalid_response_action")
    return errors


def validate_unfurl(unfurl: Json) -> Json:
    """Return what is shown for a link, or raise Slack's error."""
    if block_violations := unfurl_violations(unfurl):
        raise _invalid_blocks_error("invalid_blocks", block_violations)
    return unfurl


def validate_suggestions(answer: Json) -> list[Json]:
    """Return the options of all groups, or raise an error where Slack shows that it couldn't load them."""
    if option_violations := suggestion_violations(answer):
        raise _invalid_blocks_error("invalid_options", option_violations)
    groups = answer.get("option_groups", [answer])
    return [option for group in groups for option in group["options"]]


def _invalid_blocks_error(error: str, violations: Iterable[Violation]) -> ApiError:
    """Return an error that lists violations in Slack's format."""
    messages = [f"[ERROR] {violation.message} [json-pointer:{violation.pointer}]" for violation in violations]
    return ApiError(error, errors=messages, response_metadata={"messages": messages})
