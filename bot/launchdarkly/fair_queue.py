"""Share what is sent to LaunchDarkly at once: whoever asks for much waits in a line of their own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import TryLater


class FairQueue:
    """So many requests *at_once*. Callers who wait take turns, and each may have *most_waiting*."""

    def __init__(self, in_flight: int, max_waiting: int) -> None:
        self._free = in_flight  # while any are free, nobody waits
        self._max_waiting = max_waiting
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    def check(self, caller: str) -> None:
        """Refuse a further request of a caller who has too many waiting."""
        waiting = len(self._queues.get(caller, ()))
        if waiting >= self._max_waiting:
            raise TryLater(f"You have {waiting} requests to LaunchDarkly waiting.", "Try again in a moment.")

    @asynccontextmanager
    async def acquire(self, caller: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block is left."""
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
            if not waiter.cancelled():  # it was given at the same moment
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
        """Give the turn to the caller who has waited longest for one; their next request waits behind all others."""
        while self._queues:
            caller, queue = next(iter(self._queues.items()))
            waiter = queue.popleft()
            del self._queues[caller]
            if queue:
                self._queues[caller] = queue
            if not waiter.done():  # whoever is canceled has not left the line yet
                waiter.set_result(None)
                return
        self._free += 1
