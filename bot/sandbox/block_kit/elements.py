"""The elements inside blocks, each with its keys and limits: texts, options, images, buttons, menus, rich text.

Menus and pickers are checked by their structure, not by whether a user, channel or time zone exists. Slack publishes no
length limits for rich text, and parses no mrkdwn in it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.schema import (
    Fields,
    Rule,
    Violation,
    boolean,
    integer,
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
DEFAULT_MIN_QUERY_LENGTH = 3  # of a menu whose options the bot suggests
DATE, TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"([01][0-9]|2[0-3]):[0-5][0-9]"

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


def action(fields: Fields) -> Rule:
    """Build the rule for an element with an action ID."""
    return typed({"action_id?": string(1, 255), **fields})


def confirmable(fields: Fields) -> Rule:
    """Build the rule for an element that may ask for confirmation."""
    return action({"confirm?": CONFIRM, **fields})


def menu(fields: Fields) -> Rule:
    """Build the rule for a menu or a picker."""
    return confirmable({"placeholder?": plain_text(150), **fields})


def option_menu(fields: Fields) -> Rule:
    """Build the rule for a menu that lists its own options."""
    choices: Fields = {"options?": items(MENU_OPTION, 1, 100), "option_groups?": items(OPTION_GROUP, 1, 100)}
    menu_rule = with_checks(menu({**choices, **fields}), some_of(("options", "option_groups"), 1, 1))
    return with_checks(menu_rule, initial_is_offered)


def external_menu(fields: Fields) -> Rule:
    """Build the rule for a menu whose options the bot suggests while a person types."""
    return menu({"min_query_length?": integer(0), **fields})


# The answer to such a request: none at all are "no results".
SUGGESTED_OPTIONS = with_checks(
    shape({"options?": items(MENU_OPTION, 0, 100), "option_groups?": items(OPTION_GROUP, 0, 100)}),
    some_of(("options", "option_groups"), 1, 1),
)

IMAGE = with_checks(typed(IMAGE_FIELDS), one_image_source)

BUTTON = confirmable(
    {
        "text": plain_text(75),
        "value?": string(1, 2000),
        "url?": HTTP_URL,
        "style?": STYLE,
        "accessibility_label?": string(1, 75),
    }
)

INTERACTIVE_ELEMENTS: dict[str, Rule] = {
    "button": BUTTON,
    # Older pages require at least two options, newer ones one.
    "overflow": confirmable({"options": items(LINK_OPTION, 1, 5)}),
    "static_select": option_menu({"initial_option?": MENU_OPTION}),
    "multi_static_select": option_menu(
        {"initial_options?": items(MENU_OPTION, 1, 100), "max_selected_items?": integer(1)}
    ),
    "external_select": external_menu({"initial_option?": MENU_OPTION}),
    "multi_external_select": external_menu(
        {"initial_options?": items(MENU_OPTION, 1, 100), "max_selected_items?": integer(1)}
    ),
    "users_select": menu({"initial_user?": string()}),
    "channels_select": menu({"initial_channel?": string()}),
    "conversations_select": menu(
        {
            "initial_conversation?": string(),
            "default_to_current_conversation?": boolean,
            "filter?": shape(
                {
                    "include?": items(one_of("im", "mpim", "private", "public"), 1, 4),
                    "exclude_external_shared_channels?": boolean,
                    "exclude_bot_users?": boolean,
                }
            ),
        }
    ),
    "checkboxes": with_checks(
        confirmable({"options": items(CHECK_OPTION, 1, 10), "initial_options?": items(CHECK_OPTION, 1, 10)}),
        initial_is_offered,
    ),
    "radio_buttons": with_checks(
        confirmable({"options": items(CHECK_OPTION, 1, 10), "initial_option?": CHECK_OPTION}),
        initial_is_offered,
    ),
    "datepicker": menu({"initial_date?": matching(DATE, "a date like 2026-11-20")}),
    "timepicker": menu({"initial_time?": matching(TIME, "a time like 09:30"), "timezone?": string()}),
}

_RATING = shape({"text": plain_text(75), "value": string(1, 2000), "accessibility_label?": string(1, 75)})

ACCESSORY_ELEMENTS: dict[str, Rule] = {"image": IMAGE, **INTERACTIVE_ELEMENTS}
CONTEXT_ELEMENTS: dict[str, Rule] = {"image": IMAGE, "mrkdwn": text(3000), "plain_text": text(3000)}
CONTEXT_ACTION_ELEMENTS: dict[str, Rule] = {
    "feedback_buttons": action({"positive_button": _RATING, "negative_button": _RATING}),
    "icon_button": confirmable(
        {
            "icon": one_of("trash"),
            "text": plain_text(75),
            "value?": string(1, 2000),
            "accessibility_label?": string(1, 75),
            "visible_to_user_ids?": items(string(), 1),
        }
    ),
}


_RUN_STYLE = shape({"bold?": boolean, "italic?": boolean, "strike?": boolean, "code?": boolean})


def _run(fields: Fields) -> Rule:
    return typed({"style?": _RUN_STYLE, **fields})


_TEXT = _run({"text": string()})
_LINK = _run({"url": HTTP_URL, "text?": string(), "unsafe?": boolean})

_RUNS: dict[str, Rule] = {
    "text": _TEXT,
    "link": _LINK,
    "emoji": _run({"name": string(), "unicode?": string()}),
    "date": _run({"timestamp": integer(0), "format": string(), "url?": HTTP_URL, "fallback?": string()}),
    "user": _run({"user_id": string()}),
    "usergroup": _run({"usergroup_id": string()}),
    "channel": _run({"channel_id": string()}),
    "broadcast": typed({"range": one_of("here", "channel", "everyone")}),
    "color": typed({"value": string()}),
}

_SECTION = typed({"elements": items(tagged(_RUNS), 1)})
_BORDER = integer(0, 1)

RICH_TEXT: Fields = {
    "elements": items(
        tagged(
            {
                "rich_text_section": _SECTION,
                "rich_text_quote": typed({"elements": items(tagged(_RUNS), 1), "border?": _BORDER}),
                "rich_text_preformatted": typed(
                    {"elements": items(tagged({"text": _TEXT, "link": _LINK}), 1), "border?": _BORDER}
                ),
                "rich_text_list": typed(
                    {
                        "style": one_of("bullet", "ordered"),
                        "elements": items(tagged({"rich_text_section": _SECTION}), 1),
                        "indent?": integer(0),
                        "offset?": integer(0),
                        "border?": _BORDER,
                    }
                ),
            }
        ),
        1,
    )
}
