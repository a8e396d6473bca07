"""Views: modals, which people fill in and send, and Home tabs. They hold other blocks than messages do.

Not in the tables, and so refused: `card`, which fails in modals though it is documented for them; what is documented
for Home tabs on some pages only (`table`, `data_table`, `container`); inputs that this bot has no use for.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.blocks import SIMPLE, action_ids_differ
from bot.sandbox.block_kit.elements import INTERACTIVE, action
from bot.sandbox.block_kit.message import block_ids_differ
from bot.sandbox.block_kit.objects import block, plain_text, text
from bot.sandbox.block_kit.rich_text import RICH_TEXT
from bot.sandbox.block_kit.schema import ENDLESS, Fault, Rule, also, flag, items, string, tagged, typed, whole, word

LONGEST_INPUT = 3000


def _lengths_fit(field: Mapping[str, Any], at: str) -> Iterator[Fault]:
    least, most, length = (
        field.get("min_length", 0),
        field.get("max_length", ENDLESS),
        len(field.get("initial_value", "")),
    )
    if least > most:
        yield Fault(f"{at}/min_length", "Must not be more than max_length.")
    if length and not least <= length <= most:
        yield Fault(f"{at}/initial_value", f"Must have {least} to {most} characters, not {length}.")


def _focusing(rule: Rule) -> Rule:
    """In views, an element may ask for the cursor."""

    def judge(value: object, at: str) -> Iterator[Fault]:
        if isinstance(value, Mapping) and "focus_on_load" in value:
            yield from flag(value["focus_on_load"], f"{at}/focus_on_load")
            value = {name: inner for name, inner in value.items() if name != "focus_on_load"}
        yield from rule(value, at)

    return judge


_TEXT = also(
    action(
        {
            "initial_value?": string(0, LONGEST_INPUT),
            "multiline?": flag,
            "min_length?": whole(0, LONGEST_INPUT),
            "max_length?": whole(1, LONGEST_INPUT),
            "placeholder?": plain_text(150),
        }
    ),
    _lengths_fit,
)

_MENUS = (
    *("static_select", "multi_static_select", "users_select", "channels_select", "conversations_select"),
    *("checkboxes", "radio_buttons", "datepicker", "timepicker"),
)
_INPUT = block(
    {
        "label": plain_text(2000),
        "element": tagged(
            {"plain_text_input": _focusing(_TEXT), **{name: _focusing(INTERACTIVE[name]) for name in _MENUS}}
        ),
        "hint?": plain_text(2000),
        "optional?": flag,
        "dispatch_action?": flag,
    }
)

_EITHER: dict[str, Rule] = {
    **{name: rule for name, rule in SIMPLE.items() if name != "table"},
    "rich_text": block(RICH_TEXT),
    "input": _INPUT,
}
_ALERT = block({"text": text(200), "level?": word("default", "info", "warning", "error", "success")})

_SHARED: dict[str, Rule] = {
    "private_metadata?": string(0, 3000),
    "callback_id?": string(0, 255),
    "external_id?": string(0, 255),
}


def _blocks(choices: dict[str, Rule]) -> Rule:
    return items(also(tagged(choices), action_ids_differ), 0, 100)


def _inputs_can_be_sent(modal: Mapping[str, Any], at: str) -> Iterator[Fault]:
    if "submit" not in modal and any(each["type"] == "input" for each in modal["blocks"]):
        yield Fault(f"{at}/submit", "Is required where there is an input.")


def _one_cursor(view: Mapping[str, Any], at: str) -> Iterator[Fault]:
    focused = [index for index, each in enumerate(view["blocks"]) if each.get("element", {}).get("focus_on_load")]
    yield from (Fault(f"{at}/blocks/{index}/element/focus_on_load", "Is one too many.") for index in focused[1:])


_MODAL = also(
    typed(
        {
            "title": plain_text(24),
            "blocks": _blocks({**_EITHER, "alert": _ALERT}),
            "submit?": plain_text(24),
            "close?": plain_text(24),
            "clear_on_close?": flag,
            "notify_on_close?": flag,
            "submit_disabled?": flag,
            **_SHARED,
        }
    ),
    block_ids_differ,
    _inputs_can_be_sent,
    _one_cursor,
)
_HOME = also(typed({"blocks": _blocks(_EITHER), **_SHARED}), block_ids_differ, _one_cursor)

VIEW = tagged({"modal": _MODAL, "home": _HOME})
