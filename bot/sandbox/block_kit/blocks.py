"""The blocks that a message may contain, each with its keys and limits.

Rejected because they aren't listed: `alert` and `input`, which belong to views (`surfaces.py`); `file`, which only
Slack may send; `carousel`, `plan` and `task_card`, which this bot never sends.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.data_blocks import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.sandbox.block_kit.elements import (
    ACCESSORY_ELEMENTS,
    BUTTON,
    CONTEXT_ACTION_ELEMENTS,
    CONTEXT_ELEMENTS,
    HTTP_URL,
    HTTPS_URL,
    IMAGE,
    IMAGE_FIELDS,
    INTERACTIVE_ELEMENTS,
    RICH_TEXT,
    block,
    one_image_source,
    plain_text,
    text,
)
from bot.sandbox.block_kit.schema import (
    Rule,
    Violation,
    boolean,
    items,
    one_of,
    some_of,
    string,
    tagged,
    typed,
    unique,
    with_checks,
)

# fmt: off
_ICONS = (
    "archive", "book", "bookmark", "bot", "bug", "calendar", "call", "caret-left", "caret-right", "check", "clipboard",
    "code", "comment", "compass", "copy", "cube", "download", "edit", "email", "eye-closed", "eye-open", "file", "flag",
    "folder", "gear", "globe", "heart", "help", "image", "info", "key", "lightbulb", "link", "map", "mobile",
    "new-window", "pin", "plus", "refine", "refresh", "rocket", "save", "screen", "share", "sparkle", "star",
    "star-filled", "tag", "thumbs-down", "thumbs-up", "trash", "upload", "user", "warning",
)
# fmt: on

UNIQUE_ACTION_IDS = (unique("elements", "action_id"), unique("actions", "action_id"))


def _container_options_agree(container: Mapping[str, Any], at: str) -> Iterator[Violation]:
    collapsible = container.get("is_collapsible", False)
    if "default_collapsed" in container and not collapsible:
        yield Violation(f"{at}/default_collapsed", "Needs is_collapsible to be true.")
    if "has_header_divider" in container and collapsible:
        yield Violation(f"{at}/has_header_divider", "Needs is_collapsible to be false.")


SIMPLE_BLOCKS: dict[str, Rule] = {
    "section": with_checks(
        block(
            {
                "text?": text(3000),
                "fields?": items(text(2000), 1, 10),
                "accessory?": tagged(ACCESSORY_ELEMENTS),
                "expand?": boolean,
            }
        ),
        some_of(("text", "fields"), 1, 2),
    ),
    "header": block({"text": plain_text(150)}),  # `level` is on one newer page only
    "divider": block({}),
    "context": block({"elements": items(tagged(CONTEXT_ELEMENTS), 1, 10)}),
    "actions": block({"elements": items(tagged(INTERACTIVE_ELEMENTS), 1, 25)}),
    "image": with_checks(block({**IMAGE_FIELDS, "title?": plain_text(2000)}), one_image_source),
    "table": TABLE,
    "video": block(
        {
            "title": plain_text(199),  # the page says "less than 200", and of the author "less than 50"
            "description?": plain_text(199),
            "author_name?": string(1, 49),
            "alt_text": string(1, 2000),
            "video_url": HTTPS_URL,
            "thumbnail_url": HTTP_URL,
            "title_url?": HTTPS_URL,
            "provider_name?": string(),
            "provider_icon_url?": HTTP_URL,
        }
    ),
}

_CARD = with_checks(
    block(
        {
            "icon?": tagged({"image": IMAGE}),
            "slack_icon?": tagged({"icon": typed({"name": one_of(*_ICONS)})}),
            "hero_image?": tagged({"image": IMAGE}),
            "title?": text(150),
            "subtitle?": text(150),
            "body?": text(200),
            "subtext?": text(200),
            "actions?": items(tagged({"button": BUTTON}), 1, 3),
        }
    ),
    some_of(("hero_image", "title", "actions", "body"), 1, 4),
    some_of(("icon", "slack_icon"), 0, 1),
)

_CONTAINER = with_checks(
    block(
        {
            "title": plain_text(150),  # not `rich_text_title`, whose format differs between sources
            "subtitle?": text(150),
            "icon?": tagged({"image": IMAGE}),
            "width?": one_of("narrow", "standard", "wide", "full"),
            "is_collapsible?": boolean,
            "default_collapsed?": boolean,
            "has_header_divider?": boolean,
            # The documented children without file, input and rich_text, which Slack was seen to reject.
            "child_blocks": items(with_checks(tagged(SIMPLE_BLOCKS), *UNIQUE_ACTION_IDS), 1, 10),
        }
    ),
    _container_options_agree,
)

BLOCK = with_checks(
    tagged(
        {
            **SIMPLE_BLOCKS,
            "markdown": block({"text": string(1, 12_000)}),
            "context_actions": block({"elements": items(tagged(CONTEXT_ACTION_ELEMENTS), 1, 5)}),
            "rich_text": block(RICH_TEXT),
            "data_table": DATA_TABLE,
            "data_visualization": DATA_VISUALIZATION,
            "card": _CARD,
            "container": _CONTAINER,
        }
    ),
    *UNIQUE_ACTION_IDS,
)
