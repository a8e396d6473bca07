"""Buttons and menus in a message, and a modal's inputs, found by label as a person would, or by action ID."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.block_kit.elements import DATE, DEFAULT_MIN_QUERY_LENGTH, TIME
from bot.sandbox.block_kit.surfaces import MAX_INPUT_LENGTH

Json = dict[str, Any]
Suggestions = Mapping[tuple[str, str], Sequence[Json]]  # the options that the bot suggested, by block and action ID

PRESSABLE_TYPES = ("button", "icon_button")
EXTERNAL_TYPES = ("external_select", "multi_external_select")  # menus whose options the bot suggests
MULTIPLE_TYPES = ("checkboxes", "multi_static_select", "multi_external_select")
PICKERS = {  # what is picked, and how that looks
    "timepicker": ("time", TIME),
    "datepicker": ("date", DATE),
    "users_select": ("user", r"U\w+"),
    "channels_select": ("channel", r"C\w+"),
    "conversations_select": ("conversation", r"[CDG]\w+"),
}
SELECTABLE_TYPES = ("static_select", "external_select", "overflow", "radio_buttons", *MULTIPLE_TYPES, *PICKERS)


class NotOffered(LookupError):
    """A menu doesn't offer the option that a person typed."""

    def __init__(self, block_id: str, name: str, offered: str) -> None:
        super().__init__(f"{name!r} is not offered here. There are: {offered or 'no options'}.")
        self.block_id = block_id
        self.name = name


@dataclass(frozen=True)
class Element:
    """An interactive element, the block that contains it, and the options that the bot suggested for it."""

    block_id: str
    body: Json
    input_block: Json | None = None
    suggestions: Sequence[Json] = ()

    @property
    def label(self) -> str:
        """The text or placeholder."""
        return _plain_text(self.body.get("text") or self.body.get("placeholder"))

    @property
    def action_id(self) -> str:
        """The action ID; Slack generates one if the bot sets none."""
        return str(self.body.get("action_id") or f"{self.block_id}-action")

    @property
    def is_silent(self) -> bool:
        """Whether a change isn't sent to the bot before the modal is submitted."""
        return self.input_block is not None and not self.input_block.get("dispatch_action")

    @property
    def min_query_length(self) -> int:
        """How many characters a person types before Slack asks the bot for options."""
        return int(self.body.get("min_query_length", DEFAULT_MIN_QUERY_LENGTH))

    def matches(self, name: str) -> bool:
        """Return whether this is the action ID or label."""
        return name in (self.body.get("action_id"), self.label, self.input_label)

    @property
    def input_label(self) -> str:
        """The label of the input that it is in."""
        return _plain_text((self.input_block or {}).get("label"))

    def press_action(self, ts: str) -> Json:
        """Return the action that Slack sends when it is pressed."""
        fields: Json = {
            name: self.body[name] for name in ("text", "value", "style", "url", "confirm") if name in self.body
        }
        return {"type": self.body["type"], **self._ids, **fields, "action_ts": ts}

    def select_action(self, option: str, ts: str) -> Json:
        """Return the action that Slack sends when an option is selected."""
        fields = {"placeholder": self.body["placeholder"]} if "placeholder" in self.body else {}
        return {"type": self.body["type"], **self._ids, **fields, **self.selection([option]), "action_ts": ts}

    @property
    def initial_selection(self) -> Json:
        """What is selected before a person changes it."""
        nothing = self.selection([])[f"selected_{self._choice}"]
        return {f"selected_{self._choice}": self.body.get(f"initial_{self._choice}", nothing)}

    def selection(self, names: Sequence[str]) -> Json:
        """Return what is selected, in Slack's format, or raise an error if a person couldn't select it."""
        chosen = [self._chosen(name) for name in names]
        if self._choice == "options":
            if len(chosen) > self.body.get("max_selected_items", len(chosen)):
                raise LookupError(f"{self.action_id} takes at most {self.body['max_selected_items']} options.")
            return {"selected_options": chosen}
        return {f"selected_{self._choice}": next(iter(chosen), None)}

    @property
    def _choice(self) -> str:
        kind = self.body["type"]
        return "options" if kind in MULTIPLE_TYPES else PICKERS[kind][0] if kind in PICKERS else "option"

    @property
    def _ids(self) -> Json:
        return {"action_id": self.action_id, "block_id": self.block_id}

    def _chosen(self, name: str) -> str | Json:
        if self.body["type"] not in PICKERS:
            return self._option(name)
        what, pattern = PICKERS[self.body["type"]]
        if not re.fullmatch(pattern, name):
            raise LookupError(f"{name!r} is no {what} that can be picked.")
        return name

    def _option(self, name: str) -> Json:
        groups = self.body.get("option_groups", [self.body])
        options: list[Json] = [option for group in groups for option in group.get("options", [])]
        options += [*self.suggestions, *self.body.get("initial_options", [self.body.get("initial_option")])]
        options = [option for option in options if option]
        for option in options:
            if name in (option["text"]["text"], option["value"]):
                return option
        for option in options:  # a person may type what a suggestion is also called
            if name.casefold() == _plain_text(option.get("description")).casefold():
                return option
        raise NotOffered(self.block_id, name, ", ".join(dict.fromkeys(option["text"]["text"] for option in options)))


def _plain_text(text: object) -> str:
    return str(text.get("text", "")) if isinstance(text, dict) else ""


def find_elements(blocks: list[Json], types: tuple[str, ...]) -> list[Element]:
    """Return all elements of these types, in reading order."""
    return [element for index, block in enumerate(blocks) for element in _block_elements(block, index, types)]


def _block_elements(block: Json, index: int, types: tuple[str, ...]) -> Iterator[Element]:
    if block.get("type") != "input":
        yield from _walk(block, str(block.get("block_id", "")), types)
    elif block["element"]["type"] in types:
        yield Element(input_id(block, index), block["element"], block)


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


def fill_inputs(
    blocks: list[Json], values: Mapping[str, str | Sequence[str]], suggestions: Suggestions, filled: Json
) -> Json:
    """Return the state of all inputs by block and action: their initial values, changed by what is filled in.

    `filled` is what was filled in before. A value for no input raises an error, and so does one that can't be chosen.
    """
    rest = dict(values)
    state: Json = {}
    for element in _inputs(blocks):
        before = filled.get(element.block_id, {}).get(element.action_id)
        name = element.action_id if element.action_id in rest else element.input_label
        value = rest.pop(name, None)
        is_kept = value is None and before is not None
        input_state = before if is_kept else _input_state(with_suggestions(element, suggestions), value)
        state[element.block_id] = {element.action_id: input_state}
    if rest:
        raise LookupError(f"The modal has no input for {', '.join(rest)}.")
    return state


def require_inputs(blocks: list[Json], state: Json) -> None:
    """Raise an error for an empty input, unless it is optional: Slack wouldn't let a person submit the modal."""
    for element in _inputs(blocks):
        input_state = state[element.block_id][element.action_id]
        is_optional = (element.input_block or {}).get("optional")
        if not is_optional and not any(value for key, value in input_state.items() if key != "type"):
            raise LookupError(f"Slack sends no modal whose {element.input_label} is empty.")


def _inputs(blocks: list[Json]) -> Iterator[Element]:
    for index, block in enumerate(blocks):
        if block.get("type") == "input":
            yield Element(input_id(block, index), block["element"], block)


def with_suggestions(element: Element, suggestions: Suggestions) -> Element:
    """Return an element that also offers what the bot suggested for it."""
    return replace(element, suggestions=suggestions.get((element.block_id, element.action_id), ()))


def input_id(block: Json, index: int) -> str:
    """Return the ID of an input's block; Slack generates one if the bot sets none."""
    return str(block.get("block_id") or f"input-{index}")


def _input_state(element: Element, value: str | Sequence[str] | None) -> Json:
    kind = element.body["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": _text_value(element, value)}
    names = [value] if isinstance(value, str) else value or []
    selection = element.initial_selection if value is None else element.selection(list(filter(None, names)))
    return {"type": kind, **selection}


def _text_value(element: Element, value: object) -> str | None:
    """Return the text in an input, None if it is empty."""
    text = str(element.body.get("initial_value", "") if value is None else value)
    minimum, maximum = element.body.get("min_length", 0), element.body.get("max_length", MAX_INPUT_LENGTH)
    if text and not minimum <= len(text) <= maximum:
        raise LookupError(f"{element.action_id} takes {minimum} to {maximum} characters.")
    return text or None
