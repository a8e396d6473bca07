"""A deliberate refusal: the code that Slack answers with, and what it says beside it."""

from collections.abc import Iterable
from typing import Any

from bot.sandbox.block_kit import Violation


class ApiError(Exception):
    """Slack's Web API refuses with HTTP 200 and `"ok": false`."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields

    @property
    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.fields}


def invalid_blocks_error(error: str, violations: Iterable[Violation]) -> ApiError:
    """Each fault in the form in which Slack writes it."""
    messages = [f"[ERROR] {fault.message} [json-pointer:{fault.pointer}]" for fault in violations]
    return ApiError(error, errors=messages, response_metadata={"messages": messages})
