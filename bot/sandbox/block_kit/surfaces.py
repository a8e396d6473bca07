"""What a person sees as a whole: a message, what a link shows, a modal or a Home tab, and the rules across its blocks.

Views may contain other blocks than messages. Rejected in views because they aren't listed: `card`, which fails in
modals although it is documented for them; blocks that only some pages document for Home tabs (`table`, `data_table`,
`container`); inputs that this bot doesn't use.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.blocks import BLOCK, SIMPLE_BLOCKS, UNIQUE_ACTION_IDS
from bot.sandbox.block_kit.elements import HTTP_URL, INTERACTIVE_ELEMENTS, RICH_TEXT, action, block, plain_text, text
from bot.sandbox.block_kit.schema import (
    Check,
    Rule,
    Violation,
    boolean,
    duplicates,
    integer,
    items,
    one_of,
    shape,
    string,
    tagged,
    typed,
    with_checks,
)

Message = Mapping[str, Any]
MAX_INPUT_LENGTH = 3000


def _walk_blocks(message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the blocks with their JSON pointers, in reading order; a container's children follow it."""
    for index, parent in enumerate(message["blocks"]):
        yield f"/blocks/{index}", parent
        for inner, child in enumerate(parent.get("child_blocks", [])):
            yield f"/blocks/{index}/child_blocks/{inner}", child


def _at_most(limit: int, description: str, *types: str) -> Check:
    def check(message: Message, _: str) -> Iterator[Violation]:
        pointers = [at for at, each in _walk_blocks(message) if each["type"] in types]
        yield from (
            Violation(at, f"Is one too many: a message holds at most {limit} {description}.") for at in pointers[limit:]
        )

    return check


def unique_block_ids(message: Message, _: str) -> Iterator[Violation]:
    """Check that no two blocks share a block ID."""
    located_ids = ((f"{at}/block_id", each["block_id"]) for at, each in _walk_blocks(message) if "block_id" in each)
    yield from duplicates(located_ids)


def _markdown_fits(message: Message, _: str) -> Iterator[Violation]:
    length = 0
    for at, each in _walk_blocks(message):
        if each["type"] == "markdown":
            length += len(each["text"])
            if length > 12_000:
                yield Violation(f"{at}/text", f"Brings the markdown of the message to {length} characters, past 12000.")


MESSAGE = with_checks(
    # Slack recommends at most 4,000 characters, and truncates the text only at 40,000.
    shape({"text": string(1, 4000), "blocks": items(BLOCK, 1, 50)}),
    unique_block_ids,
    _markdown_fits,
    _at_most(2, "charts", "data_visualization"),
    # With only one table in a message, the character limit across all tables is the limit of that table.
    _at_most(1, "native table", "table", "data_table"),
)


# Slack rejects rich text here; whether it takes charts and tables isn't known.
_TABLELESS_BLOCKS = {name: rule for name, rule in SIMPLE_BLOCKS.items() if name != "table"}
UNFURL = with_checks(
    shape(
        {
            "blocks": items(with_checks(tagged(_TABLELESS_BLOCKS), *UNIQUE_ACTION_IDS), 1, 50),
            "preview?": shape({"title": plain_text(150), "icon_url?": HTTP_URL}),
        }
    ),
    unique_block_ids,
)


def _lengths_fit(field: Mapping[str, Any], at: str) -> Iterator[Violation]:
    minimum, maximum = field.get("min_length", 0), field.get("max_length", MAX_INPUT_LENGTH)
    length = len(field.get("initial_value", ""))
    if minimum > maximum:
        yield Violation(f"{at}/min_length", "Must not be more than max_length.")
    if length and not minimum <= length <= maximum:
        yield Violation(f"{at}/initial_value", f"Must have {minimum} to {maximum} characters, not {length}.")


def _focusable(rule: Rule) -> Rule:
    """Allow `focus_on_load`, which elements have in views only."""

    def validate(value: object, at: str) -> Iterator[Violation]:
        if isinstance(value, Mapping) and "focus_on_load" in value:
            yield from boolean(value["focus_on_load"], f"{at}/focus_on_load")
            value = {name: inner for name, inner in value.items() if name != "focus_on_load"}
        yield from rule(value, at)

    return validate


_TEXT_INPUT = with_checks(
    action(
        {
            "initial_value?": string(0, MAX_INPUT_LENGTH),
            "multiline?": boolean,
            "min_length?": integer(0, MAX_INPUT_LENGTH),
            "max_length?": integer(1, MAX_INPUT_LENGTH),
            "placeholder?": plain_text(150),
        }
    ),
    _lengths_fit,
)

_INPUT_MENUS = (
    *("static_select", "multi_static_select", "external_select", "multi_external_select"),
    *("users_select", "channels_select", "conversations_select", "checkboxes", "radio_buttons"),
    *("datepicker", "timepicker"),
)
_INPUT = block(
    {
        "label": plain_text(2000),
        "element": tagged(
            {
                "plain_text_input": _focusable(_TEXT_INPUT),
                **{name: _focusable(INTERACTIVE_ELEMENTS[name]) for name in _INPUT_MENUS},
            }
        ),
        "hint?": plain_text(2000),
        "optional?": boolean,
        "dispatch_action?": boolean,
    }
)

_COMMON_BLOCKS: dict[str, Rule] = {
    **_TABLELESS_BLOCKS,
    "rich_text": block(RICH_TEXT),
    "input": _INPUT,
}
_ALERT = block({"text": text(200), "level?": one_of("default", "info", "warning", "error", "success")})

_COMMON_FIELDS: dict[str, Rule] = {
    "private_metadata?": string(0, 3000),
    "callback_id?": string(0, 255),
    "external_id?": string(0, 255),
}


def _blocks(choices: dict[str, Rule]) -> Rule:
    return items(with_checks(tagged(choices), *UNIQUE_ACTION_IDS), 0, 100)


def _inputs_need_submit(modal: Mapping[str, Any], at: str) -> Iterator[Violation]:
    if "submit" not in modal and any(each["type"] == "input" for each in modal["blocks"]):
        yield Violation(f"{at}/submit", "Is required where there is an input.")


def _single_focus(view: Mapping[str, Any], at: str) -> Iterator[Violation]:
    focused = [index for index, each in enumerate(view["blocks"]) if each.get("element", {}).get("focus_on_load")]
    yield from (Violation(f"{at}/blocks/{index}/element/focus_on_load", "Is one too many.") for index in focused[1:])


_MODAL = with_checks(
    typed(
        {
            "title": plain_text(24),
            "blocks": _blocks({**_COMMON_BLOCKS, "alert": _ALERT}),
            "submit?": plain_text(24),
            "close?": plain_text(24),
            "clear_on_close?": boolean,
            "notify_on_close?": boolean,
            "submit_disabled?": boolean,
            **_COMMON_FIELDS,
        }
    ),
    unique_block_ids,
    _inputs_need_submit,
    _single_focus,
)
_HOME = with_checks(typed({"blocks": _blocks(_COMMON_BLOCKS), **_COMMON_FIELDS}), unique_block_ids, _single_focus)

VIEW = tagged({"modal": _MODAL, "home": _HOME})
