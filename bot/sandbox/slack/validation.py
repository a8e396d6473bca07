"""What somebody wants to say, judged as Slack judges it before anybody sees it."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.block_kit import Fault, faults, view_faults
from bot.sandbox.slack.errors import Refused, invalid
from bot.sandbox.slack.inputs import input_id
from bot.sandbox.slack.message import Content

Json = dict[str, Any]

LONGEST = 40_000  # Slack asks for 4000 and cuts here; this one refuses, so that nobody relies on the cut
CHARTS = ("data_visualization", "data_table")


def judged(text: object, blocks: object, metadata: object, *, charts: bool = True) -> Content:
    """The content, or the refusal that Slack has for it."""
    if blocks is not None and not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if not text and not blocks:
        raise Refused("no_text")
    if not isinstance(text or "", str) or len(str(text or "")) > LONGEST:
        raise Refused("msg_too_long")
    if found := list(_against(blocks or [], charts=charts)):
        raise invalid("invalid_blocks", found)
    if metadata is not None and not _is_metadata(metadata):
        raise Refused("invalid_metadata_format")
    return Content(str(text or ""), blocks or [], metadata if isinstance(metadata, dict) else None)


def _against(blocks: list[Any], *, charts: bool) -> Iterator[Fault]:
    if not blocks:
        return
    # Slack does not need a text beside blocks; the rules are stricter than it is, and that is their business.
    yield from (fault for fault in faults({"text": " ", "blocks": blocks}) if fault.pointer.startswith("/blocks"))
    if not charts:
        yield from refused_charts(blocks)


def refused_charts(blocks: list[Any]) -> Iterator[Fault]:
    """A workspace that has not been given the newer blocks yet says that it does not know their type."""
    for index, block in enumerate(blocks):
        if isinstance(block, dict) and block.get("type") in CHARTS:
            yield Fault(f"/blocks/{index}/type", f"unsupported type: {block['type']}")


def _is_metadata(metadata: object) -> bool:
    return (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )


def judged_view(view: object) -> Json:
    """A modal or a Home tab."""
    if not isinstance(view, dict):
        raise invalid("invalid_arguments", [Fault("/view", "must be an object")])
    if found := view_faults(view):
        raise invalid("invalid_arguments", [Fault(f"/view{fault.pointer}", fault.says) for fault in found])
    return view


def judged_errors(errors: object, blocks: list[Any]) -> dict[str, str]:
    """What is to stand below the inputs of a modal. Where there is no such input, people read that something broke."""
    inputs = {input_id(block, index) for index, block in enumerate(blocks) if block.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs or not all(errors.values()):
        raise Refused("invalid_response_action")
    return errors
