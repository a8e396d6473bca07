"""Slack's error responses: a code, and further fields."""

from collections.abc import Iterable
from typing import Any

from bot.sandbox.block_kit import Violation


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
