"""Adds what an answer has only in Slack: buttons to share, refresh and open it, and who shared it.

Recent answers are cached, so that *Share* posts exactly what the caller saw. The cache is in memory: after a restart,
*Share* runs the question again.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from bot.messages import mrkdwn
from bot.messages.message import Block, Message

MAX_BUTTON_VALUE_CHARS = 2000  # Slack's limit
MAX_SHARED_ANSWERS = 500


def private_answer(message: Message, line: str, key: str) -> Message:
    """Add the buttons of an answer that only its caller sees; the key finds it again when it is shared."""
    return _add_buttons(message, line, _button("Share to channel", f"share:{key}", value=line))


def public_answer(message: Message, line: str, attribution: str) -> Message:
    """Add the buttons of an answer that everybody sees, and who posted it."""
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": attribution, "verbatim": True}]}
    with_buttons = _add_buttons(message, line)
    return replace(with_buttons, blocks=(context, *with_buttons.blocks))


def shared_by(user: str) -> str:
    return f"Shared by <@{user}>"


def rerun_by(user: str) -> str:
    return f"Shared by <@{user}>; asked again, since the answer that was seen is no longer kept"


def refreshed_by(user: str) -> str:
    return f"Refreshed by <@{user}>"


def _add_buttons(message: Message, line: str, *leading: Block) -> Message:
    """Add buttons to the row that turns pages, if there is one, else in a row of their own."""
    *blocks, footer = message.blocks
    if len(line) > MAX_BUTTON_VALUE_CHARS:
        return message
    pagination = blocks.pop()["elements"] if blocks and blocks[-1]["type"] == "actions" else []
    buttons = [*pagination, *leading, _button("Refresh", "refresh", value=line), *_link_buttons(footer)]
    return replace(message, blocks=(*blocks, {"type": "actions", "elements": buttons}, footer))


def _link_buttons(footer: Block) -> list[Block]:
    """Return the footer's link as a button."""
    links = [span for span in mrkdwn.parse_spans(footer["elements"][0]["text"]) if span.url]
    return [_button(span.text, "open", url=span.url) for span in links[:1]]


def _button(label: str, action: str, **fields: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action, "text": text, **fields}


@dataclass(frozen=True)
class SharedAnswer:
    """An answer, and the person it was sent to."""

    message: Message
    user: str


class SharedAnswers:
    """The most recent answers, by key."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, SharedAnswer] = OrderedDict()

    def put(self, message: Message, user: str) -> str:
        """Store an answer and return its key."""
        key = secrets.token_urlsafe(9)
        self._answers[key] = SharedAnswer(message, user)
        if len(self._answers) > MAX_SHARED_ANSWERS:
            self._answers.popitem(last=False)
        return key

    def get(self, key: str, user: str) -> Message | None:
        """Return the answer with this key, only to the person it was sent to."""
        answer = self._answers.get(key)
        return answer.message if answer and answer.user == user else None
