"""Slack's rules for messages, views, menus and links, as strict as Slack, so that a test fails where a workspace would.

The limits are Slack's published ones; where two of its pages differ, the lower number applies. It can't check whether a
workspace has the newer blocks enabled, whether an image can be fetched or an ID exists, or how Slack counts an emoji (a
code point counts as one here).

From the outside in:

    surfaces.py  messages, links, modals and Home tabs, and the rules across their blocks
    blocks.py    the blocks, with charts and tables
    elements.py  what blocks contain: texts, options, images, buttons, menus, pickers, rich text
    schema.py    the validators that all rules are built from
    mentions.py  a separate check, for text that would notify someone or become a link
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.block_kit.elements import SUGGESTED_OPTIONS
from bot.sandbox.block_kit.schema import Violation
from bot.sandbox.block_kit.surfaces import MESSAGE, UNFURL, VIEW

__all__ = ["Violation", "suggestion_violations", "unfurl_violations", "view_violations", "violations"]


def violations(message: Mapping[str, Any]) -> list[Violation]:
    """Return everything that Slack would reject in `{"text": …, "blocks": […]}`; empty if accepted. Never raises."""
    return list(MESSAGE(message, ""))


def view_violations(view: Mapping[str, Any]) -> list[Violation]:
    """Return everything that Slack would reject in a modal or a Home tab. Never raises."""
    return list(VIEW(view, ""))


def suggestion_violations(answer: Mapping[str, Any]) -> list[Violation]:
    """Return everything that Slack would reject in the options that are suggested for a menu. Never raises."""
    return list(SUGGESTED_OPTIONS(answer, ""))


def unfurl_violations(unfurl: Mapping[str, Any]) -> list[Violation]:
    """Return everything that Slack would reject in what is shown for a link. Never raises."""
    return list(UNFURL(unfurl, ""))
