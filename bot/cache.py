"""A cache with a maximum size, whose entries may expire; for everything that the bot keeps in memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

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
