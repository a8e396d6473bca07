"""The interface through which schedules post. Its errors are in `delivery_errors.py`."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.messages.message import Message


class Publisher(Protocol):
    """Posts messages into channels and to people."""

    def throttle(self, channel: str) -> AbstractAsyncContextManager[None]:
        """Wait for the channel's rate limit before entering the block."""

    async def post(self, channel: str, message: Message, key: str, thread: str = "") -> str:
        """Post a message with the key as metadata, into a thread if one is named, and return its `ts`."""

    async def find(self, channel: str, key: str, since: datetime, thread: str = "") -> str | None:
        """Return the `ts` of the bot's message with this key, posted since then; None if it isn't in the channel.

        Raise `RateLimited` or `Unavailable` where a retry may succeed, and `HistoryUnavailable` where the bot may not
        search.
        """

    async def permalink(self, channel: str, ts: str) -> str:
        """Return a message's URL, or "" if it is unavailable."""

    async def send_dm(self, user: str, message: Message) -> None:
        """Send a direct message. Never raises: failures are logged."""
