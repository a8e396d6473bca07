"""What Slack sends twice is heard once."""

from collections import OrderedDict

MOST = 10_000  # far more than arrive while Slack still repeats itself


class Once:
    """The last things heard, by what Slack never sends twice for two different things."""

    def __init__(self) -> None:
        self._heard: OrderedDict[str, None] = OrderedDict()

    def first(self, mark: str) -> bool:
        """Whether this is heard for the first time; without a mark it is."""
        if mark in self._heard:
            return False
        if mark:
            self._heard[mark] = None
        if len(self._heard) > MOST:
            self._heard.popitem(last=False)
        return True

    def forget(self, mark: str) -> None:
        """It did not happen after all."""
        self._heard.pop(mark, None)
