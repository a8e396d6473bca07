"""What somebody wants to say, judged as Slack judges it before anybody sees it."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.block_kit import Violation, view_violations, violations
from bot.sandbox.slack.errors import ApiError, invalid_blocks_error
from bot.sandbox.slack.inputs import input_id
from bot.sandbox.slack.message import Content

Json = dict[str, Any]

MAX_TEXT_LENGTH = 40_000  # Slack asks for 4000 and cuts here; this one refuses, so that nobody relies on the cut
CHART_BLOCK_TYPES = ("data_visualization", "data_table")


def validate_content(text: object, blocks: object, metadata: object, *, charts: bool = True) -> Content:
    """The content, or the refusal that Slack has for it."""
    if blocks is not None and not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if not text and not blocks:
        raise ApiError("no_text")
    if not isinstance(text or "", str) or len(str(text or "")) > MAX_TEXT_LENGTH:
        raise ApiError("msg_too_long")
    if violations_found := list(_violations(blocks or [], charts=charts)):
        raise invalid_blocks_error("invalid_blocks", violations_found)
    if metadata is not None and not _is_metadata(metadata):
        raise ApiError("invalid_metadata_format")
    return Content(str(text or ""), blocks or [], metadata if isinstance(metadata, dict) else None)


def _violations(blocks: list[Any], *, charts: bool) -> Iterator[Violation]:
    if not blocks:
        return
    # Slack does not need a text beside blocks; the rules are stricter than it is, and that is their business.
    yield from (fault for fault in violations({"text": " ", "blocks": blocks}) if fault.pointer.startswith("/blocks"))
    if not charts:
        yield from unsupported_charts(blocks)


def unsupported_charts(blocks: list[Any]) -> Iterator[Violation]:
    """A workspace that has not been given the newer blocks yet says that it does not know their type."""
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
    """A modal or a Home tab."""
    if not isinstance(view, dict):
        raise invalid_blocks_error("invalid_arguments", [Violation("/view", "must be an object")])
    if violations_found := view_violations(view):
        raise invalid_blocks_error(
            "invalid_arguments", [Violation(f"/view{fault.pointer}", fault.message) for fault in violations_found]
        )
    return view


def validate_view_errors(errors: object, blocks: list[Any]) -> dict[str, str]:
    """What is to stand below the inputs of a modal. Where there is no such input, people read that something broke."""
    inputs = {input_id(block, index) for index, block in enumerate(blocks) if block.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs or not all(errors.values()):
        raise ApiError("invalid_response_action")
    return errors
