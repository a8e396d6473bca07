"""Send equal requests once, and keep their replies for some seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.cache import BoundedCache

T = TypeVar("T")

MAX_CACHED_REPLIES = 500  # far more than a busy half minute needs


class Cache:
    """Requests in flight and recent replies, by key."""

    def __init__(self, seconds: float, now: Callable[[], datetime], on_hit: Callable[[], None] = lambda: None) -> None:
        self._lifetime = timedelta(seconds=seconds)
        self._on_hit = on_hit
        self._in_flight: dict[Hashable, asyncio.Future[Any]] = {}
        self._replies = BoundedCache[Hashable, Any](MAX_CACHED_REPLIES, now)

    async def get_or_fetch(
        self, key: Hashable, fetch: Callable[[], Awaitable[T]], lifetime: timedelta | None = None
    ) -> T:
        """Return the reply for *key*, fetching it only if it is neither cached nor in flight. Failures aren't cached.

        *lifetime* overrides how long this reply stays cached.
        """
        reply: T | None = self._replies.get(key)
        if reply is not None:
            self._on_hit()
            return reply
        if key in self._in_flight:
            self._on_hit()
        else:
            self._start(key, fetch, lifetime or self._lifetime)
        answer: T = await asyncio.shield(self._in_flight[key])  # one waiter's cancellation leaves the others waiting
        return answer

    def _start(self, key: Hashable, fetch: Callable[[], Awaitable[Any]], lifetime: timedelta) -> None:
        """Start a fetch, apart from its waiters: a frame that refers to the task would keep a failure alive with it."""
        task = self._in_flight[key] = asyncio.ensure_future(fetch())
        task.add_done_callback(lambda done: self._finish(key, done, lifetime))

    def _finish(self, key: Hashable, task: asyncio.Future[Any], lifetime: timedelta) -> None:
        del self._in_flight[key]
        if not task.cancelled() and not task.exception():
            self._replies.put(key, task.result(), lifetime)
