"""What stands around an answer in Slack and nowhere else: share, refresh, open; and a note of who brought it."""

from dataclasses import replace
from typing import Any

from bot.messages import mrkdwn
from bot.messages.message import Block, Message

LONGEST_LINE = 2000  # what a button can carry


def private(message: Message, line: str, key: str) -> Message:
    """An answer for its asker alone, which can be shared as it was seen."""
    return _above_footer(message, line, _button("Share to channel", f"share:{key}", value=line))


def public(message: Message, line: str, note: str) -> Message:
    """An answer for all, with a note of who brought it here."""
    by = {"type": "context", "elements": [{"type": "mrkdwn", "text": note, "verbatim": True}]}
    dressed = _above_footer(message, line)
    return replace(dressed, blocks=(by, *dressed.blocks))


def shared_by(user: str) -> str:
    return f"Shared by <@{user}>"


def asked_again_by(user: str) -> str:
    return f"Shared by <@{user}>; asked again, since the answer that was seen is no longer kept"


def refreshed_by(user: str) -> str:
    return f"Refreshed by <@{user}>"


def _above_footer(message: Message, line: str, *first: Block) -> Message:
    """The buttons beside those that turn pages, or in a row of their own."""
    *blocks, footer = message.blocks
    if len(line) > LONGEST_LINE:
        return message
    turning = blocks.pop()["elements"] if blocks and blocks[-1]["type"] == "actions" else []
    buttons = [*turning, *first, _button("Refresh", "refresh", value=line), *_way_in(footer)]
    return replace(message, blocks=(*blocks, {"type": "actions", "elements": buttons}, footer))


def _way_in(footer: Block) -> list[Block]:
    """The footer's link as a button."""
    links = [span for span in mrkdwn.spans(footer["elements"][0]["text"]) if span.url]
    return [_button(span.text, "open", url=span.url) for span in links[:1]]


def _button(label: str, action: str, **carries: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action, "text": text, **carries}
