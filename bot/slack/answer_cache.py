"""Caches recent answers, so that *Share* posts exactly what the caller saw.

The cache is in memory: after a restart, *Share* runs the question again.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from bot.messages.message import Message

MAX_SHARED_ANSWERS = 500


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
