"""Send equal requests once, and keep their replies for some seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

MAX_CACHED_ANSWERS = 500  # far more than a busy half minute needs


@dataclass(slots=True)
class _Entry:
    task: asyncio.Task[Any]
    expires_at: datetime | None = None  # None while the request is in flight


class Cache:
    """Requests in flight and recent replies, by key."""

    def __init__(self, seconds: float, now: Callable[[], datetime], on_hit: Callable[[], None] = lambda: None) -> None:
        self._lifetime = timedelta(seconds=seconds)
        self._now = now
        self._on_hit = on_hit
        self._entries: dict[Hashable, _Entry] = {}

    async def get_or_fetch(
        self, key: Hashable, fetch: Callable[[], Awaitable[T]], lifetime: timedelta | None = None
    ) -> T:
        """Return the reply for *key*, fetching it only if it is neither cached nor in flight. Failures aren't cached.

        *lifetime* overrides how long this reply stays cached.
        """
        self._evict()
        if key not in self._entries:
            self._start(key, fetch, lifetime or self._lifetime)
        else:
            self._on_hit()
        answer: T = await asyncio.shield(self._entries[key].task)  # one waiter's cancellation leaves the others waiting
        return answer

    def _start(self, key: Hashable, fetch: Callable[[], Awaitable[Any]], lifetime: timedelta) -> None:
        """Start a fetch, apart from its waiters: a frame that refers to the task would keep a failure alive with it."""
        task = asyncio.ensure_future(fetch())
        self._entries[key] = _Entry(task)
        task.add_done_callback(lambda done: self._finish(key, done, lifetime))

    def _finish(self, key: Hashable, task: asyncio.Future[Any], lifetime: timedelta) -> None:
        if task.cancelled() or task.exception():
            del self._entries[key]
        else:
            self._entries[key].expires_at = self._now() + lifetime

    def _evict(self) -> None:
        """Drop expired replies, and the oldest if there are too many; requests in flight stay."""
        now = self._now()
        finished = [(entry.expires_at, key) for key, entry in self._entries.items() if entry.expires_at]
        finished.sort(key=lambda pair: pair[0])
        excess = len(self._entries) - MAX_CACHED_ANSWERS
        for index, (expires_at, key) in enumerate(finished):
            if expires_at <= now or index < excess:
                del self._entries[key]
