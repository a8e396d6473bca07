"""What stands below an answer in Slack and nowhere else: share, refresh; and who shared it."""

from dataclasses import replace
from typing import Any

from bot.message import Block, Message


def private(message: Message, line: str, key: str) -> Message:
    """An answer for its asker alone, which can be shared as it was seen."""
    return _above_footer(
        message, [_button("Share to channel", f"share:{key}", line), _button("Refresh", "refresh", line)]
    )


def shared_by(user: str) -> str:
    return f"Shared by <@{user}>"


def asked_again_by(user: str) -> str:
    return f"Shared by <@{user}>; asked again, since the answer that was seen is no longer kept"


def refreshed_by(user: str) -> str:
    return f"Refreshed by <@{user}>"


def public(message: Message, line: str, note: str) -> Message:
    """An answer for all, with a note of who brought it here."""
    by = {"type": "context", "elements": [{"type": "mrkdwn", "text": note, "verbatim": True}]}
    refreshed = _above_footer(message, [_button("Refresh", "refresh", line)])
    return replace(refreshed, blocks=(by, *refreshed.blocks))


def _above_footer(message: Message, buttons: list[dict[str, Any]]) -> Message:
    """The buttons beside those that turn pages, or in a row of their own."""
    *blocks, footer = message.blocks
    if blocks and blocks[-1]["type"] == "actions":
        row: Block = {**blocks[-1], "elements": [*blocks.pop()["elements"], *buttons]}
    else:
        row = {"type": "actions", "elements": buttons}
    return replace(message, blocks=(*blocks, row, footer))


def _button(label: str, action: str, line: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action, "text": text, "value": line}
