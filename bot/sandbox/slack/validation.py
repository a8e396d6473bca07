"""Validate messages and views as Slack does before it shows them."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.block_kit import Violation, view_violations, violations
from bot.sandbox.slack.elements import input_id
from bot.sandbox.slack.message import Content
from bot.sandbox.slack.request import ApiError, invalid_blocks_error

Json = dict[str, Any]

MAX_TEXT_LENGTH = 40_000  # Slack recommends 4,000 and truncates here; an error keeps the bot from relying on that
CHART_BLOCK_TYPES = ("data_visualization", "data_table")


def validate_content(text: object, blocks: object, metadata: object, *, charts: bool = True) -> Content:
    """Return the content, or raise Slack's error."""
    if blocks is not None and not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if not text and not blocks:
        raise ApiError("no_text")
    if not isinstance(text or "", str) or len(str(text or "")) > MAX_TEXT_LENGTH:
        raise ApiError("msg_too_long")
    if block_violations := list(_violations(blocks or [], charts=charts)):
        raise invalid_blocks_error("invalid_blocks", block_violations)
    if metadata is not None and not _is_metadata(metadata):
        raise ApiError("invalid_metadata_format")
    return Content(str(text or ""), blocks or [], metadata if isinstance(metadata, dict) else None)


def _violations(blocks: list[Any], *, charts: bool) -> Iterator[Violation]:
    if not blocks:
        return
    # The rules require a text besides blocks; Slack doesn't, so one is added here.
    yield from (one for one in violations({"text": " ", "blocks": blocks}) if one.pointer.startswith("/blocks"))
    if not charts:
        yield from unsupported_charts(blocks)


def unsupported_charts(blocks: list[Any]) -> Iterator[Violation]:
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


def validate_view(view: object) -> Json:
    """Return a modal or a Home tab, or raise Slack's error."""
    if not isinstance(view, dict):
        raise invalid_blocks_error("invalid_arguments", [Violation("/view", "must be an object")])
    if block_violations := view_violations(view):
        raise invalid_blocks_error(
            "invalid_arguments", [Violation(f"/view{one.pointer}", one.message) for one in block_violations]
        )
    return view


def validate_view_errors(errors: object, blocks: list[Any]) -> dict[str, str]:
    """Return the errors to show below a modal's inputs; one for a missing input makes Slack show a failure."""
    inputs = {input_id(block, index) for index, block in enumerate(blocks) if block.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs or not all(errors.values()):
        raise ApiError("invalid_response_action")
    return errors
