"""Fill in a modal's inputs, and return their values in Slack's format."""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.elements import Element

Json = dict[str, Any]

PICKERS = {
    "timepicker": ("time", r"([01][0-9]|2[0-3]):[0-5][0-9]"),
    "datepicker": ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


def fill_inputs(blocks: list[Json], values: Mapping[str, str]) -> Json:
    """Return the state of all inputs by block and action: their initial values, changed by `values`.

    A value for no input raises an error, and so does one that Slack wouldn't let a person submit.
    """
    rest = dict(values)
    state: Json = {}
    for index, block in enumerate(blocks):
        if block.get("type") == "input":
            element = Element(input_id(block, index), block["element"])
            label = block["label"]["text"]
            name = element.action_id if element.action_id in rest else label
            input_state = _input_state(element, rest.pop(name, None))
            if not block.get("optional") and not any(value for key, value in input_state.items() if key != "type"):
                raise LookupError(f"Slack sends no modal whose {label} is empty.")
            state[element.block_id] = {element.action_id: input_state}
    if rest:
        raise LookupError(f"The modal has no input for {', '.join(rest)}.")
    return state


def input_id(block: Json, index: int) -> str:
    """Return the ID of an input's block; Slack generates one if the bot sets none."""
    return str(block.get("block_id") or f"input-{index}")


def _input_state(element: Element, value: str | None) -> Json:
    kind = element.body["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": _text_value(element, value)}
    if kind in PICKERS:
        field, pattern = PICKERS[kind]
        picked = value or element.body.get(f"initial_{field}")
        if picked and not re.fullmatch(pattern, picked):
            raise LookupError(f"{picked!r} is no {field} that can be picked.")
        return {"type": kind, f"selected_{field}": picked}
    if value is None:
        is_multiple = kind == "checkboxes"
        name = "options" if is_multiple else "option"
        return {"type": kind, f"selected_{name}": element.body.get(f"initial_{name}", [] if is_multiple else None)}
    chosen = element.select_action(value, "")
    return {name: chosen[name] for name in ("type", "selected_option", "selected_options") if name in chosen}


def _text_value(element: Element, value: str | None) -> str | None:
    """Return the text in an input, None if it is empty."""
    text = str(element.body.get("initial_value", "")) if value is None else value
    minimum, maximum = element.body.get("min_length", 0), element.body.get("max_length", 3000)
    if text and not minimum <= len(text) <= maximum:
        raise LookupError(f"{element.action_id} takes {minimum} to {maximum} characters.")
    return text or None
