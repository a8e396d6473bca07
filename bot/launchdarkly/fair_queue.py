"""Limit the requests in flight to LaunchDarkly, shared fairly: each caller has a queue, and queues take turns."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import TryLater


class FairQueue:
    """At most *in_flight* requests run at once, and at most *max_waiting* of each caller wait."""

    def __init__(self, in_flight: int, max_waiting: int) -> None:
        self._free = in_flight  # while this isn't 0, nobody waits
        self._max_waiting = max_waiting
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    def check(self, caller: str) -> None:
        """Raise TryLater if a caller has too many requests waiting."""
        waiting = len(self._queues.get(caller, ()))
        if waiting >= self._max_waiting:
            raise TryLater(f"You have {waiting} requests to LaunchDarkly waiting.", "Try again in a moment.")

    @asynccontextmanager
    async def acquire(self, caller: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it until the block ends."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(caller)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, caller: str) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # the turn was granted at the same moment
                self._release()
            self._remove(caller, waiter)
            raise

    def _remove(self, caller: str, waiter: asyncio.Future[None]) -> None:
        queue = self._queues.get(caller, deque())
        if waiter in queue:
            queue.remove(waiter)
            if not queue:
                del self._queues[caller]

    def _release(self) -> None:
        """Grant the turn to the caller who has waited longest for one; their next request waits behind all others."""
        while self._queues:
            caller, queue = next(iter(self._queues.items()))
            waiter = queue.popleft()
            del self._queues[caller]
            if queue:
                self._queues[caller] = queue
            if not waiter.done():  # a canceled waiter may still be in its queue
                waiter.set_result(None)
                return
        self._free += 1
