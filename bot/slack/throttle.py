"""One message after the other in a channel, and not too fast: Slack wants about one a second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class _Queue:
    """Whoever wants to speak in one channel, and from when on that is fine."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free: float = 0.0


class Pace:
    """Knows the channels of the last moment, and no others."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._queues: dict[str, _Queue] = {}

    def __len__(self) -> int:
        return len(self._queues)

    @asynccontextmanager
    async def turn(self, channel: str) -> AsyncIterator[None]:
        """The block is entered when it is one's turn in the channel."""
        clock = asyncio.get_running_loop().time
        self._forget(clock())
        queue = self._queues.setdefault(channel, _Queue())
        queue.waiting += 1
        try:
            async with queue.lock:
                await asyncio.sleep(queue.free - clock())
                try:
                    yield
                finally:
                    queue.free = clock() + self._gap
        finally:
            queue.waiting -= 1

    def _forget(self, now: float) -> None:
        over = [name for name, queue in self._queues.items() if not queue.waiting and queue.free <= now]
        for name in over:
            del self._queues[name]
