"""Slack's composition objects: texts, URLs, options, the confirmation dialog."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.schema import (
    Fields,
    Rule,
    Violation,
    boolean,
    items,
    matching,
    one_of,
    shape,
    some_of,
    string,
    tagged,
    typed,
    with_checks,
)


def plain_text(max_length: int) -> Rule:
    """Build the rule for a plain-text object."""
    return tagged({"plain_text": typed({"text": string(1, max_length), "emoji?": boolean})})


def text(max_length: int) -> Rule:
    """Build the rule for a text object, mrkdwn or plain. Each has an option that the other rejects."""
    return tagged(
        {"mrkdwn": typed({"text": string(1, max_length), "verbatim?": boolean}), "plain_text": plain_text(max_length)}
    )


def block(fields: Fields) -> Rule:
    """Build the rule for a block."""
    return typed({"block_id?": string(1, 255), **fields})


HTTP_URL = matching(r"https?://\S+", "an http or https address without spaces", 3000)
HTTPS_URL = matching(r"https://\S+", "an https address without spaces", 3000)
STYLE = one_of("primary", "danger")

# Newer pages make the dialog's fields optional, and older ones allow mrkdwn in its text: the stricter rule applies.
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
LINK_OPTION = shape({**_OPTION, "url?": HTTP_URL})  # in overflow menus only
# Checkboxes and radio buttons allow mrkdwn.
CHECK_OPTION = shape({**_OPTION, "text": text(75), "description?": text(75)})

OPTION_GROUP = shape({"label": plain_text(75), "options": items(MENU_OPTION, 1, 100)})

_SLACK_FILE = with_checks(shape({"id?": string(), "url?": HTTP_URL}), some_of(("id", "url"), 1, 1))
IMAGE_FIELDS: Fields = {"image_url?": HTTP_URL, "slack_file?": _SLACK_FILE, "alt_text": string(1, 2000)}
one_image_source = some_of(("image_url", "slack_file"), 1, 1)


def initial_is_offered(menu: Mapping[str, Any], at: str) -> Iterator[Violation]:
    """Check that each initial option equals one of the options, in all its fields."""
    groups = menu.get("option_groups", [menu])
    offered = [option for group in groups for option in group["options"]]
    if "initial_option" in menu and menu["initial_option"] not in offered:
        yield Violation(f"{at}/initial_option", "Must equal one of the options.")
    for index, option in enumerate(menu.get("initial_options", [])):
        if option not in offered:
            yield Violation(f"{at}/initial_options/{index}", "Must equal one of the options.")
