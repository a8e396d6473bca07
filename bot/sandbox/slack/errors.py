"""A deliberate refusal: the code that Slack answers with, and what it says beside it."""

from collections.abc import Iterable
from typing import Any

from bot.sandbox.block_kit import Fault


class Refused(Exception):
    """Slack's Web API refuses with HTTP 200 and `"ok": false`."""

    def __init__(self, error: str, **beside: Any) -> None:
        super().__init__(error)
        self.error = error
        self.beside = beside

    @property
    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.beside}


def invalid(error: str, found: Iterable[Fault]) -> Refused:
    """Each fault in the form in which Slack writes it."""
    told = [f"[ERROR] {fault.says} [json-pointer:{fault.pointer}]" for fault in found]
    return Refused(error, errors=told, response_metadata={"messages": told})
