"""What may be observed of the client. Here nothing is done with it; whoever counts overrides these."""


class Observer:
    """Told of what happens between the bot and LaunchDarkly."""

    def requested(self, seconds: float) -> None:
        """A request was sent and ended, well or not."""

    def remembered(self) -> None:
        """An answer was served from memory, or shared with a request under way."""

    def left(self, requests: float) -> None:
        """LaunchDarkly said how many requests are left in this window."""
