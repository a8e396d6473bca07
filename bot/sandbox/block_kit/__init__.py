"""What Slack accepts as a message or a view, as strictly as Slack judges it: a test fails where a workspace would.

The limits are Slack's published ones; where two of its pages differ, the lower number stands. What it does not know:
whether a workspace has the newer blocks switched on, whether a picture can be fetched or an id exists, and how Slack
counts an emoji (a code point counts as one here).

Read from the outside in: `message` and `views` (what holds across blocks), `blocks`, then what blocks are made of
(`charts`, `tables`, `rich_text`, `elements`, `objects`), and at the bottom `grammar`, the few words all of it is
written in.
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.block_kit.message import MESSAGE
from bot.sandbox.block_kit.schema import Violation
from bot.sandbox.block_kit.views import VIEW

__all__ = ["Violation", "view_violations", "violations"]


def violations(message: Mapping[str, Any]) -> list[Violation]:
    """All that Slack would refuse in `{"text": …, "blocks": […]}`; an accepted message has none. Never raises."""
    return list(MESSAGE(message, ""))


def view_violations(view: Mapping[str, Any]) -> list[Violation]:
    """All that Slack would refuse in a modal or a Home tab. Never raises."""
    return list(VIEW(view, ""))
