"""What may be observed of the client. Whoever counts has these methods, and need not know the client."""

from typing import Protocol


class Observer(Protocol):
    """Told of what happens between the bot and LaunchDarkly."""

    def requested(self, seconds: float) -> None:
        """A request was sent and ended, well or not."""

    def remembered(self) -> None:
        """An answer was served from memory, or shared with a request under way."""

    def left(self, requests: float) -> None:
        """LaunchDarkly said how many requests are left in this window."""


class Nobody:
    """Does nothing with it."""

    def requested(self, seconds: float) -> None: ...

    def remembered(self) -> None: ...

    def left(self, requests: float) -> None: ...
