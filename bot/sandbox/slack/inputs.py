"""A modal filled in by a person: values for its inputs, in the form in which Slack tells them."""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.elements import Element

Json = dict[str, Any]

PICKED = {
    "timepicker": ("time", r"([01][0-9]|2[0-3]):[0-5][0-9]"),
    "datepicker": ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


def filled(blocks: list[Json], values: Mapping[str, str]) -> Json:
    """By block and action. Every input is told: what it held at first, unless it was changed; a value that fits none is
    a mistake, and so is one that Slack's form would not let anybody send."""
    rest = dict(values)
    state: Json = {}
    for index, block in enumerate(blocks):
        if block.get("type") == "input":
            element = Element(input_id(block, index), block["element"])
            label = block["label"]["text"]
            name = element.action if element.action in rest else label
            told = _told(element, rest.pop(name, None))
            if not block.get("optional") and not any(value for key, value in told.items() if key != "type"):
                raise LookupError(f"Slack sends no modal whose {label} is empty.")
            state[element.block] = {element.action: told}
    if rest:
        raise LookupError(f"The modal has no input for {', '.join(rest)}.")
    return state


def input_id(block: Json, index: int) -> str:
    """Slack makes one up where the bot gave none."""
    return str(block.get("block_id") or f"input-{index}")


def _told(element: Element, value: str | None) -> Json:
    kind = element.body["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": _written(element, value)}
    if kind in PICKED:
        what, form = PICKED[kind]
        picked = value or element.body.get(f"initial_{what}")
        if picked and not re.fullmatch(form, picked):
            raise LookupError(f"{picked!r} is no {what} that can be picked.")
        return {"type": kind, f"selected_{what}": picked}
    if value is None:
        several = kind == "checkboxes"
        name = "options" if several else "option"
        return {"type": kind, f"selected_{name}": element.body.get(f"initial_{name}", [] if several else None)}
    chosen = element.chosen(value, "")
    return {name: chosen[name] for name in ("type", "selected_option", "selected_options") if name in chosen}


def _written(element: Element, value: str | None) -> str | None:
    """What is written in it; what is empty is nothing."""
    written = str(element.body.get("initial_value", "")) if value is None else value
    least, most = element.body.get("min_length", 0), element.body.get("max_length", 3000)
    if written and not least <= len(written) <= most:
        raise LookupError(f"{element.action} takes {least} to {most} characters.")
    return written or None
