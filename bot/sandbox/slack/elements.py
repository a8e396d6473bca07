"""Buttons and menus in a message, and a modal's inputs, found by label as a person would, or by action ID."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.block_kit.elements import DATE, TIME
from bot.sandbox.block_kit.surfaces import MAX_INPUT_LENGTH

Json = dict[str, Any]
PRESSABLE_TYPES = ("button", "icon_button")
SELECTABLE_TYPES = ("static_select", "overflow", "radio_buttons", "checkboxes")
PICKERS = {"timepicker": ("time", TIME), "datepicker": ("date", DATE)}


@dataclass(frozen=True)
class Element:
    """An interactive element, and the block that contains it."""

    block_id: str
    body: Json

    @property
    def label(self) -> str:
        """The text or placeholder."""
        text = self.body.get("text") or self.body.get("placeholder") or {}
        return str(text.get("text", "")) if isinstance(text, dict) else ""

    @property
    def action_id(self) -> str:
        """The action ID; Slack generates one if the bot sets none."""
        return str(self.body.get("action_id") or f"{self.block_id}-action")

    def matches(self, name: str) -> bool:
        """Return whether this is the action ID or label."""
        return name in (self.body.get("action_id"), self.label)

    def press_action(self, ts: str) -> Json:
        """Return the action that Slack sends when it is pressed."""
        fields: Json = {
            name: self.body[name] for name in ("text", "value", "style", "url", "confirm") if name in self.body
        }
        return {"type": self.body["type"], **self._ids, **fields, "action_ts": ts}

    def select_action(self, option: str, ts: str) -> Json:
        """Return the action that Slack sends when an option is selected."""
        selected = self._option(option)
        choice = (
            {"selected_options": [selected]} if self.body["type"] == "checkboxes" else {"selected_option": selected}
        )
        fields = {"placeholder": self.body["placeholder"]} if "placeholder" in self.body else {}
        return {"type": self.body["type"], **self._ids, **fields, **choice, "action_ts": ts}

    @property
    def _ids(self) -> Json:
        return {"action_id": self.action_id, "block_id": self.block_id}

    def _option(self, name: str) -> Json:
        groups = self.body.get("option_groups", [self.body])
        options: list[Json] = [option for group in groups for option in group.get("options", [])]
        for option in options:
            if name in (option["text"]["text"], option["value"]):
                return option
        offered = ", ".join(option["text"]["text"] for option in options)
        raise LookupError(f"{name!r} is not offered here. There are: {offered or 'no options'}.")


def find_elements(blocks: list[Json], types: tuple[str, ...]) -> list[Element]:
    """Return all elements of these types, in reading order."""
    return [element for block in blocks for element in _walk(block, str(block.get("block_id", "")), types)]


def find_element(blocks: list[Json], types: tuple[str, ...], name: str, nth: int) -> Element:
    """Return the nth element with this label or action ID; the error lists those that exist."""
    candidates = find_elements(blocks, types)
    matching = [element for element in candidates if element.matches(name)]
    if nth < len(matching):
        return matching[nth]
    names = ", ".join(f"{element.label!r} ({element.action_id})" for element in candidates)
    raise LookupError(f"No {name!r} number {nth} to use in this message. There are: {names or 'none'}.")


def _walk(value: object, block_id: str, types: tuple[str, ...]) -> Iterator[Element]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, block_id, types)
    elif isinstance(value, dict):
        block_id = str(value.get("block_id", block_id))
        if value.get("type") in types:
            yield Element(block_id, value)
        else:
            yield from _walk(list(value.values()), block_id, types)


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
    minimum, maximum = element.body.get("min_length", 0), element.body.get("max_length", MAX_INPUT_LENGTH)
    if text and not minimum <= len(text) <= maximum:
        raise LookupError(f"{element.action_id} takes {minimum} to {maximum} characters.")
    return text or None
