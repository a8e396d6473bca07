"""The elements inside blocks: images, buttons, menus, pickers, each with its keys and limits.

Menus and pickers are checked by their structure, not by whether a user, channel or time zone exists.
"""

from bot.sandbox.block_kit.objects import (
    CHECK_OPTION,
    CONFIRM,
    HTTP_URL,
    IMAGE_FIELDS,
    LINK_OPTION,
    MENU_OPTION,
    OPTION_GROUP,
    STYLE,
    initial_is_offered,
    one_image_source,
    plain_text,
    text,
)
from bot.sandbox.block_kit.schema import (
    Fields,
    Rule,
    boolean,
    integer,
    items,
    matching,
    one_of,
    shape,
    some_of,
    string,
    typed,
    with_checks,
)


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
    "datepicker": menu({"initial_date?": matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date like 2026-11-20")}),
    "timepicker": menu(
        {"initial_time?": matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time like 09:30"), "timezone?": string()}
    ),
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
