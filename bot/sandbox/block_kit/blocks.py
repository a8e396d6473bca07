"""The blocks a message may hold, each with its keys and limits.

Not in the table, and so refused: `alert` and `input`, which belong to views (`views.py`); `file`, which Slack sends and
nobody else may; `carousel`, `plan` and `task_card`, which this bot never sends.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.charts import DATA_VISUALIZATION
from bot.sandbox.block_kit.elements import ACCESSORY, BUTTON, CONTEXT, CONTEXT_ACTIONS, IMAGE, INTERACTIVE
from bot.sandbox.block_kit.objects import PICTURE, SECURE_WEB, WEB, block, one_source, plain_text, text
from bot.sandbox.block_kit.rich_text import RICH_TEXT
from bot.sandbox.block_kit.schema import (
    Fault,
    Rule,
    also,
    below,
    flag,
    items,
    repeats,
    some_of,
    string,
    tagged,
    typed,
    word,
)
from bot.sandbox.block_kit.tables import DATA_TABLE, TABLE

# fmt: off
_ICONS = (
    "archive", "book", "bookmark", "bot", "bug", "calendar", "call", "caret-left", "caret-right", "check", "clipboard",
    "code", "comment", "compass", "copy", "cube", "download", "edit", "email", "eye-closed", "eye-open", "file", "flag",
    "folder", "gear", "globe", "heart", "help", "image", "info", "key", "lightbulb", "link", "map", "mobile",
    "new-window", "pin", "plus", "refine", "refresh", "rocket", "save", "screen", "share", "sparkle", "star",
    "star-filled", "tag", "thumbs-down", "thumbs-up", "trash", "upload", "user", "warning",
)
# fmt: on


def action_ids_differ(block: Mapping[str, Any], at: str) -> Iterator[Fault]:
    for part in ("elements", "actions"):
        named = [(index, each) for index, each in enumerate(block.get(part, [])) if "action_id" in each]
        yield from repeats((f"{at}/{part}/{index}/action_id", each["action_id"]) for index, each in named)


def _collapses_or_divides(container: Mapping[str, Any], at: str) -> Iterator[Fault]:
    collapsible = container.get("is_collapsible", False)
    if "default_collapsed" in container and not collapsible:
        yield Fault(below(at, "default_collapsed"), "Needs is_collapsible to be true.")
    if "has_header_divider" in container and collapsible:
        yield Fault(below(at, "has_header_divider"), "Needs is_collapsible to be false.")


SIMPLE: dict[str, Rule] = {
    "section": also(
        block(
            {
                "text?": text(3000),
                "fields?": items(text(2000), 1, 10),
                "accessory?": tagged(ACCESSORY),
                "expand?": flag,
            }
        ),
        some_of(("text", "fields"), 1, 2),
    ),
    "header": block({"text": plain_text(150)}),  # `level` is on one newer page only
    "divider": block({}),
    "context": block({"elements": items(tagged(CONTEXT), 1, 10)}),
    "actions": block({"elements": items(tagged(INTERACTIVE), 1, 25)}),
    "image": also(block({**PICTURE, "title?": plain_text(2000)}), one_source),
    "table": TABLE,
    "video": block(
        {
            "title": plain_text(199),  # the page says "less than 200", and of the author "less than 50"
            "description?": plain_text(199),
            "author_name?": string(1, 49),
            "alt_text": string(1, 2000),
            "video_url": SECURE_WEB,
            "thumbnail_url": WEB,
            "title_url?": SECURE_WEB,
            "provider_name?": string(),
            "provider_icon_url?": WEB,
        }
    ),
}

_CARD = also(
    block(
        {
            "icon?": tagged({"image": IMAGE}),
            "slack_icon?": tagged({"icon": typed({"name": word(*_ICONS)})}),
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

_CONTAINER = also(
    block(
        {
            "title": plain_text(150),  # sources differ on the shape of `rich_text_title`, so it cannot stand in
            "subtitle?": text(150),
            "icon?": tagged({"image": IMAGE}),
            "width?": word("narrow", "standard", "wide", "full"),
            "is_collapsible?": flag,
            "default_collapsed?": flag,
            "has_header_divider?": flag,
            # The documented children without file, input and rich_text, which Slack was seen to refuse.
            "child_blocks": items(also(tagged(SIMPLE), action_ids_differ), 1, 10),
        }
    ),
    _collapses_or_divides,
)

BLOCK = also(
    tagged(
        {
            **SIMPLE,
            "markdown": block({"text": string(1, 12_000)}),
            "context_actions": block({"elements": items(tagged(CONTEXT_ACTIONS), 1, 5)}),
            "rich_text": block(RICH_TEXT),
            "data_table": DATA_TABLE,
            "data_visualization": DATA_VISUALIZATION,
            "card": _CARD,
            "container": _CONTAINER,
        }
    ),
    action_ids_differ,
)
