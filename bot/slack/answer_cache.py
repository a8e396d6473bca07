"""Answers kept for a while, so that what is shared is what was seen. After a restart, it is asked again."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from bot.messages.message import Message

MOST = 500


@dataclass(frozen=True)
class Kept:
    """An answer, and whose it was."""

    message: Message
    user: str


class Shelf:
    """The last answers."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def put(self, message: Message, user: str) -> str:
        """Keep an answer; the key brings it back."""
        key = secrets.token_urlsafe(9)
        self._kept[key] = Kept(message, user)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return key

    def take(self, key: str, user: str) -> Message | None:
        """The answer of this key, for the person who got it."""
        kept = self._kept.get(key)
        return kept.message if kept and kept.user == user else None
