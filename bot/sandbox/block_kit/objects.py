"""Slack's composition objects: texts, addresses, options, the dialog that asks "are you sure?"."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.schema import (
    Fault,
    Fields,
    Rule,
    also,
    flag,
    items,
    matching,
    shape,
    some_of,
    string,
    tagged,
    typed,
    word,
)


def plain_text(most: int) -> Rule:
    return tagged({"plain_text": typed({"text": string(1, most), "emoji?": flag})})


def text(most: int) -> Rule:
    """Mrkdwn or plain text. Each has a switch that the other refuses."""
    return tagged({"mrkdwn": typed({"text": string(1, most), "verbatim?": flag}), "plain_text": plain_text(most)})


def block(fields: Fields) -> Rule:
    return typed({"block_id?": string(1, 255), **fields})


WEB = matching(r"https?://\S+", "an http or https address without spaces", 3000)
SECURE_WEB = matching(r"https://\S+", "an https address without spaces", 3000)
STYLE = word("primary", "danger")

# Newer pages let the dialog's parts be absent, and older ones allow mrkdwn in its text: the stricter rule stands.
CONFIRM = shape(
    {
        "title": plain_text(100),
        "text": plain_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
        "style?": STYLE,
    }
)

_OPTION: Fields = {"text": plain_text(75), "value": string(1, 150), "description?": plain_text(75)}
MENU_OPTION = shape(_OPTION)
LINKING_OPTION = shape({**_OPTION, "url?": WEB})  # in overflow menus only
# Checkboxes and radio buttons take mrkdwn.
TICKED_OPTION = shape({**_OPTION, "text": text(75), "description?": text(75)})

OPTION_GROUP = shape({"label": plain_text(75), "options": items(MENU_OPTION, 1, 100)})

_SLACK_FILE = also(shape({"id?": string(), "url?": WEB}), some_of(("id", "url"), 1, 1))
PICTURE: Fields = {"image_url?": WEB, "slack_file?": _SLACK_FILE, "alt_text": string(1, 2000)}
one_source = some_of(("image_url", "slack_file"), 1, 1)


def initial_is_offered(menu: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """What is chosen at the start must equal, whole, one of the options."""
    groups = menu.get("option_groups", [menu])
    offered = [option for group in groups for option in group["options"]]
    if "initial_option" in menu and menu["initial_option"] not in offered:
        yield Fault(f"{at}/initial_option", "Must equal one of the options.")
    for index, option in enumerate(menu.get("initial_options", [])):
        if option not in offered:
            yield Fault(f"{at}/initial_options/{index}", "Must equal one of the options.")
