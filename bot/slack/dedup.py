"""What Slack sends twice is heard once: in this process, and in all processes on the same store."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Slack is heard before it is imported
    from bot.store.store import Store

log = logging.getLogger(__name__)

MAX_REMEMBERED_KEYS = 10_000  # far more than arrive while Slack still repeats itself


class Deduplicator:
    """The last things heard, by what Slack never sends twice for two different things."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, key: str) -> bool:
        """Whether this is heard for the first time; without a mark it is."""
        if key in self._seen:
            return False
        if key:
            self._seen[key] = None
        if len(self._seen) > MAX_REMEMBERED_KEYS:
            self._seen.popitem(last=False)
        return True

    def __contains__(self, key: str) -> bool:
        return key in self._seen

    def discard(self, key: str) -> None:
        """It did not happen after all."""
        self._seen.pop(key, None)


class SharedDeduplicator:
    """The last payloads heard. The store knows what other processes heard, and what was heard before a restart."""

    def __init__(self, store: "Store", now: Callable[[], datetime]) -> None:
        self._local = Deduplicator()
        self._store = store
        self._now = now

    async def add(self, key: str) -> bool:
        """Tell whether this is heard for the first time, as far as that is known: an answer matters more."""
        if not self._local.add(key):
            return False
        try:
            return await self._store.payloads.record(key, self._now())
        except Exception as error:
            log.warning("whether another process has heard a payload is not known: %s", type(error).__name__)
            return True
