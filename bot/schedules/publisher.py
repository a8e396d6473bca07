"""The interface through which schedules post, and the errors that a delivery can end in.

    DeliveryError
    ├── RateLimited         nothing was posted; retry after a delay
    ├── Unavailable         nothing was posted; a retry may succeed
    ├── DeliveryUnknown     it may have been posted: search the channel before posting again
    ├── ChannelClosed       the channel is gone or closed to the bot (`channel_errors.py` has the reasons and remedies)
    └── InvalidMessage      the message itself was rejected
    HistoryUnavailable      the channel can't be searched for a message

`find` raises `RateLimited` or `Unavailable` where a retry may succeed, and `HistoryUnavailable` where the bot may not
search. If it returns None, the message is not in the channel.
"""

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
        """Return the `ts` of the bot's message with this key, if one was posted since then."""

    async def permalink(self, channel: str, ts: str) -> str:
        """Return a message's URL, or "" if it is unavailable."""

    async def send_dm(self, user: str, message: Message) -> None:
        """Send a direct message. Never raises: failures are logged."""


class DeliveryError(Exception):
    """A message was not delivered, or perhaps not."""


class RateLimited(DeliveryError):
    """Nothing was posted; retry after so many seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"not for another {retry_after:g} s")
        self.retry_after = retry_after


class Unavailable(DeliveryError):
    """Nothing was posted; a retry may succeed."""


class DeliveryUnknown(DeliveryError):
    """It is unknown whether the message was posted."""


class ChannelClosed(DeliveryError):
    """The channel is gone or closed to the bot."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class InvalidMessage(DeliveryError):
    """The message was rejected, and would be again."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HistoryUnavailable(Exception):
    """The channel can't be searched for a message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
