"""Drops payloads that Slack sends twice, in this process and in all processes on the same store."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the process listens before the store is imported
    from bot.store.store import Store

log = logging.getLogger(__name__)

MAX_REMEMBERED_KEYS = 10_000  # far more than arrive while Slack may still retry one


class Deduplicator:
    """The most recent keys that were seen in this process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, key: str) -> bool:
        """Add a key and return whether it is new. An empty key always is."""
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
        """Forget a key whose work failed, so that it may be tried again."""
        self._seen.pop(key, None)


class SharedDeduplicator:
    """The most recent payloads. The store adds those that other processes received, or this one before a restart."""

    def __init__(self, store: "Store", now: Callable[[], datetime]) -> None:
        self._local = Deduplicator()
        self._store = store
        self._now = now

    async def add(self, key: str) -> bool:
        """Add a key and return whether it is new.

        If the store fails, the key counts as new: two answers are better than none.
        """
        if not self._local.add(key):
            return False
        try:
            return await self._store.payloads.record(key, self._now())
        except Exception as error:
            log.warning("whether another process has heard a payload is not known: %s", type(error).__name__)
            return True
