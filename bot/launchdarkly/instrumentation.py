"""The interface of those that observe the client. They implement it without importing the client."""

from typing import Protocol


class Observer(Protocol):
    """Gets notified of what happens between the bot and LaunchDarkly."""

    def request_finished(self, seconds: float) -> None:
        """A request has ended, successfully or not."""

    def cache_hit(self) -> None:
        """A reply came from the cache, or from a request already in flight."""

    def rate_limit_remaining(self, requests: float) -> None:
        """LaunchDarkly has reported how many requests are left in this window."""


class NullObserver:
    """An observer that does nothing."""

    def request_finished(self, seconds: float) -> None: ...

    def cache_hit(self) -> None: ...

    def rate_limit_remaining(self, requests: float) -> None: ...
