"""Adds what an answer has only in Slack: buttons to share, refresh and open it, and who shared it.

Recent answers are cached, so that *Share* posts exactly what the caller saw. The cache is in memory: after a restart,
*Share* runs the question again.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from bot.cache import BoundedCache
from bot.messages.message import Block, Message
from bot.notices import JOIN_CHANNEL, JOIN_LABEL
from bot.slack.payloads import MENTION_SEPARATOR

MAX_BUTTON_VALUE_CHARS = 2000  # Slack's limit
MAX_SHARED_ANSWERS = 500
LINK_LABEL = "Open in LaunchDarkly"


def private_answer(message: Message, line: str, url: str, key: str, *, in_thread: bool = False) -> Message:
    """Add the buttons of an answer that only its caller sees; the key finds it again when it is shared."""
    label = "Share in thread" if in_thread else "Share to channel"
    return _add_buttons(message, line, url, _button(label, f"share:{key}", value=line))


def direct_answer(message: Message, line: str, url: str) -> Message:
    """Add the buttons of an answer in the direct messages with the bot, where there is nobody to share it with."""
    return _add_buttons(message, line, url)


def public_answer(message: Message, line: str, url: str, attribution: str) -> Message:
    """Add the buttons of an answer that everyone sees, and who posted it."""
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": attribution, "verbatim": True}]}
    with_buttons = _add_buttons(message, line, url)
    return replace(with_buttons, blocks=(context, *with_buttons.blocks))


def join_button_row(channel: str) -> Block:
    """Return a row with the button that adds the bot to a channel."""
    return {"type": "actions", "elements": [_button(JOIN_LABEL, JOIN_CHANNEL, value=channel)]}


def changed_line(sentence: Message, undo: str, url: str) -> Message:
    """Add to what somebody did to a schedule a button that undoes it, and one that opens the schedule's message."""
    buttons = [_button("Undo", "order", value=undo)]
    if url:
        buttons.append(_button("Show schedule", "open", url=url))
    return replace(sentence, blocks=(*sentence.blocks, {"type": "actions", "elements": buttons}))


def shared_by(user: str) -> str:
    return f"Shared by <@{user}>"


def asked_by(user: str) -> str:
    return f"Asked by <@{user}>"


def rerun_by(user: str) -> str:
    return f"Shared by <@{user}> · refreshed because the original answer expired"


def refreshed_by(user: str) -> str:
    return f"Refreshed by <@{user}>"


def _add_buttons(message: Message, line: str, url: str, *leading: Block) -> Message:
    """Add buttons to the row that turns pages, if there is one, else in a row of their own."""
    *blocks, footer = message.blocks
    if len(line) > MAX_BUTTON_VALUE_CHARS:
        return message
    pagination = blocks.pop()["elements"] if blocks and blocks[-1]["type"] == "actions" else []
    ways_on = [_button("Refresh", "refresh", value=line), _button(LINK_LABEL, "open", url=url)]
    buttons = [*pagination, *leading, *ways_on]
    return replace(message, blocks=(*blocks, {"type": "actions", "elements": buttons}, footer))


def _button(label: str, action: str, **fields: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action, "text": text, **fields}


@dataclass(frozen=True)
class SharedAnswer:
    """An answer, its page in LaunchDarkly, and the person it was sent to."""

    message: Message
    url: str
    user: str


class SharedAnswers:
    """The most recent answers, by key."""

    def __init__(self) -> None:
        self._answers = BoundedCache[str, SharedAnswer](MAX_SHARED_ANSWERS)

    def put(self, message: Message, url: str, user: str, mention_ts: str = "") -> str:
        """Store an answer and return its key, which says below which mention it belongs."""
        key = secrets.token_urlsafe(9) + (f"{MENTION_SEPARATOR}{mention_ts}" if mention_ts else "")
        self._answers.put(key, SharedAnswer(message, url, user))
        return key

    def get(self, key: str, user: str) -> SharedAnswer | None:
        """Return the answer with this key, only to the person it was sent to."""
        answer = self._answers.get(key)
        return answer if answer and answer.user == user else None
