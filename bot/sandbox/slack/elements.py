"""What in a message can be pressed or chosen from, found the way a person finds it: by what is written on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PRESSED = ("button", "icon_button")
CHOSEN_FROM = ("static_select", "overflow", "radio_buttons", "checkboxes")


@dataclass(frozen=True)
class Element:
    block: str  # its block's id
    body: Json

    @property
    def label(self) -> str:
        shown = self.body.get("text") or self.body.get("placeholder") or {}
        return str(shown.get("text", "")) if isinstance(shown, dict) else ""

    @property
    def action(self) -> str:
        """Slack makes one up where the bot gave none."""
        return str(self.body.get("action_id") or f"{self.block}-action")

    def is_called(self, name: str) -> bool:
        return name in (self.body.get("action_id"), self.label)

    def pressed(self, ts: str) -> Json:
        """The action that Slack tells of it."""
        kept: Json = {
            name: self.body[name] for name in ("text", "value", "style", "url", "confirm") if name in self.body
        }
        return {"type": self.body["type"], **self._named, **kept, "action_ts": ts}

    def chosen(self, option: str, ts: str) -> Json:
        found = self._option(option)
        choice = {"selected_options": [found]} if self.body["type"] == "checkboxes" else {"selected_option": found}
        kept = {"placeholder": self.body["placeholder"]} if "placeholder" in self.body else {}
        return {"type": self.body["type"], **self._named, **kept, **choice, "action_ts": ts}

    @property
    def _named(self) -> Json:
        return {"action_id": self.action, "block_id": self.block}

    def _option(self, name: str) -> Json:
        groups = self.body.get("option_groups", [self.body])
        options: list[Json] = [option for group in groups for option in group.get("options", [])]
        for option in options:
            if name in (option["text"]["text"], option["value"]):
                return option
        offered = ", ".join(option["text"]["text"] for option in options)
        raise LookupError(f"{name!r} is not offered here. There are: {offered or 'no options'}.")


def elements(blocks: list[Json], types: tuple[str, ...]) -> list[Element]:
    return [found for block in blocks for found in _within(block, str(block.get("block_id", "")), types)]


def found(blocks: list[Json], types: tuple[str, ...], name: str, nth: int) -> Element:
    """The nth that is called so; who looks for another is told what there is."""
    there = elements(blocks, types)
    called = [element for element in there if element.is_called(name)]
    if nth < len(called):
        return called[nth]
    names = ", ".join(f"{element.label!r} ({element.action})" for element in there)
    raise LookupError(f"No {name!r} number {nth} to use in this message. There are: {names or 'none'}.")


def _within(value: object, block: str, types: tuple[str, ...]) -> Iterator[Element]:
    if isinstance(value, list):
        for one in value:
            yield from _within(one, block, types)
    elif isinstance(value, dict):
        block = str(value.get("block_id", block))
        if value.get("type") in types:
            yield Element(block, value)
        else:
            yield from _within(list(value.values()), block, types)
