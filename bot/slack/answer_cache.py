"""Answers kept for a while, so that what is shared is what was seen. After a restart, it is asked again."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from bot.messages.message import Message

MAX_SHARED_ANSWERS = 500


@dataclass(frozen=True)
class SharedAnswer:
    """An answer, and whose it was."""

    message: Message
    user: str


class SharedAnswers:
    """The last answers."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, SharedAnswer] = OrderedDict()

    def put(self, message: Message, user: str) -> str:
        """Keep an answer; the key brings it back."""
        key = secrets.token_urlsafe(9)
        self._answers[key] = SharedAnswer(message, user)
        if len(self._answers) > MAX_SHARED_ANSWERS:
            self._answers.popitem(last=False)
        return key

    def get(self, key: str, user: str) -> Message | None:
        """The answer of this key, for the person who got it."""
        answer = self._answers.get(key)
        return answer.message if answer and answer.user == user else None
