"""What may be observed of the client. Whoever counts has these methods, and need not know the client."""

from typing import Protocol


class Observer(Protocol):
    """Told of what happens between the bot and LaunchDarkly."""

    def request_finished(self, seconds: float) -> None:
        """A request was sent and ended, well or not."""

    def cache_hit(self) -> None:
        """An answer was served from memory, or shared with a request under way."""

    def rate_limit_remaining(self, requests: float) -> None:
        """LaunchDarkly said how many requests are left in this window."""


class NullObserver:
    """Does nothing with it."""

    def request_finished(self, seconds: float) -> None: ...

    def cache_hit(self) -> None: ...

    def rate_limit_remaining(self, requests: float) -> None: ...
