"""What a schedule delivers through, and all that may become of a delivery.

    Undelivered
    ├── Limited     it is to wait; nothing was posted
    ├── Away        nothing was posted, and later it may be
    ├── Unsure      nobody knows whether it was posted: look before it is posted again
    ├── Gone        the destination is gone, or closed to the bot (`closed.py` says why, and the way back)
    └── Refused     the message itself is not taken
    Blind           it cannot be looked whether a message is there

`find` raises what means that it may be asked again (`Limited`, `Away`), or `Blind`; that it returns nothing means that
nothing is there.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.messages.message import Message


class Publisher(Protocol):
    """A way to channels and to people."""

    def throttle(self, channel: str) -> AbstractAsyncContextManager[None]:
        """The block is entered when it is one's turn to post in the channel."""

    async def post(self, channel: str, message: Message, key: str, thread: str = "") -> str:
        """Post a message that bears the key, in a thread if there is one; the `ts` of what was posted comes back."""

    async def find(self, channel: str, key: str, since: datetime, thread: str = "") -> str | None:
        """The `ts` of the bot's message that bears the key, if there is one since then."""

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message; empty where it cannot be had."""

    async def send_dm(self, user: str, message: Message) -> None:
        """Tell one person directly. It never raises: what cannot be told is logged."""


class DeliveryError(Exception):
    """A message was not delivered, or not for sure."""


class RateLimited(DeliveryError):
    """It is to wait for so many seconds; nothing was posted."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"not for another {retry_after:g} s")
        self.retry_after = retry_after


class Unavailable(DeliveryError):
    """Nothing was posted, and later it may be."""


class DeliveryUnknown(DeliveryError):
    """Nobody knows whether it was posted."""


class ChannelClosed(DeliveryError):
    """The destination is gone, or closed to the bot."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class InvalidMessage(DeliveryError):
    """The message is not taken, and will not be later."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HistoryUnavailable(Exception):
    """It cannot be looked whether a message is there."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
