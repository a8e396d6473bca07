"""What Slack sends twice is heard once: in this process, and in all processes on the same store."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Slack is heard before it is imported
    from bot.store.store import Store

log = logging.getLogger(__name__)

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

    def __contains__(self, mark: str) -> bool:
        return mark in self._heard

    def forget(self, mark: str) -> None:
        """It did not happen after all."""
        self._heard.pop(mark, None)


class OnceForAll:
    """The last payloads heard. The store knows what other processes heard, and what was heard before a restart."""

    def __init__(self, store: "Store", now: Callable[[], datetime]) -> None:
        self._here = Once()
        self._store = store
        self._now = now

    async def first(self, key: str) -> bool:
        """Tell whether this is heard for the first time, as far as that is known: an answer matters more."""
        if not self._here.first(key):
            return False
        try:
            return await self._store.payloads.record(key, self._now())
        except Exception as error:
            log.warning("whether another process has heard a payload is not known: %s", type(error).__name__)
            return True
