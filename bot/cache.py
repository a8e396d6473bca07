"""Caches with a maximum size, whose entries may expire; for everything that the bot keeps in memory."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

MAX_CACHED_REPLIES = 500  # far more than a busy half minute needs
NEVER = datetime.max.replace(tzinfo=UTC)


class BoundedCache(Generic[K, V]):
    """The entries used last. With a clock, entries may expire; expired ones are dropped, unless they are kept."""

    def __init__(
        self, max_entries: int, now: Callable[[], datetime] | None = None, *, keep_expired: bool = False
    ) -> None:
        self._max_entries = max_entries
        self._now = now
        self._keep_expired = keep_expired
        self._entries: OrderedDict[K, tuple[V, datetime]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value, unless there is none or it has expired."""
        value, expires_at = self._entries.get(key, (None, NEVER))
        if value is None or self._is_past(expires_at):
            return None
        self._entries.move_to_end(key)
        return value

    def get_expired(self, key: K) -> V | None:
        """Return the value even if it has expired."""
        value, _ = self._entries.get(key, (None, NEVER))
        return value

    def put(self, key: K, value: V, ttl: timedelta | None = None) -> None:
        """Store a value, for a while if there is a *ttl*. The entry that was not used for longest makes room."""
        if self._now and not self._keep_expired:
            for expired in [key for key, (_, expires_at) in self._entries.items() if self._is_past(expires_at)]:
                del self._entries[expired]
        self._entries[key] = value, self._now() + ttl if self._now and ttl is not None else NEVER
        self._entries.move_to_end(key)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def discard(self, key: K) -> None:
        self._entries.pop(key, None)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def _is_past(self, expires_at: datetime) -> bool:
        return self._now is not None and expires_at <= self._now()


class FetchCache:
    """Sends equal requests once, and keeps their replies for a while."""

    def __init__(
        self, lifetime: timedelta, now: Callable[[], datetime], on_hit: Callable[[], None] = lambda: None
    ) -> None:
        self._lifetime = lifetime
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
