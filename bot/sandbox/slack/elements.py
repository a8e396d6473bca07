"""Buttons and menus in a message, found by label as a person would, or by action ID."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PRESSABLE_TYPES = ("button", "icon_button")
SELECTABLE_TYPES = ("static_select", "overflow", "radio_buttons", "checkboxes")


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
