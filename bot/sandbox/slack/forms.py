"""A modal filled in by a person: values for its inputs, in the form in which Slack tells them."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.elements import Element

Json = dict[str, Any]


def filled(blocks: list[Json], values: Mapping[str, str]) -> Json:
    """By block and action. Every input is told, also one that was left empty; a value that fits none is a mistake."""
    rest = dict(values)
    state: Json = {}
    for index, block in enumerate(blocks):
        if block.get("type") == "input":
            element = Element(str(block.get("block_id") or f"input-{index}"), block["element"])
            label = block["label"]["text"]
            value = rest.pop(element.action, None) or rest.pop(label, None)
            state[element.block] = {element.action: _told(element, value)}
    if rest:
        raise LookupError(f"The modal has no input for {', '.join(rest)}.")
    return state


def _told(element: Element, value: str | None) -> Json:
    kind = element.body["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": value}
    if value is None:
        return {"type": kind, "selected_option": None}
    chosen = element.chosen(value, "")
    return {name: chosen[name] for name in ("type", "selected_option", "selected_options") if name in chosen}
