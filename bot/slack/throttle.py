"""Keeps posts into a channel within Slack's rate limit: https://docs.slack.dev/apis/web-api/rate-limits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class _Queue:
    """A channel's lock, and when the next message may be posted."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    next_free_at: float = 0.0


class ChannelThrottle:
    """Enforces Slack's limit of about one message per second and channel. Idle channels take no memory."""

    def __init__(self, min_interval: float) -> None:
        self._min_interval = min_interval
        self._queues: dict[str, _Queue] = {}

    def __len__(self) -> int:
        return len(self._queues)

    @asynccontextmanager
    async def acquire(self, channel: str) -> AsyncIterator[None]:
        """Wait for the channel's turn, and hold it within the context."""
        clock = asyncio.get_running_loop().time
        self._discard_idle(clock())
        queue = self._queues.setdefault(channel, _Queue())
        queue.waiting += 1
        try:
            async with queue.lock:
                await asyncio.sleep(queue.next_free_at - clock())
                try:
                    yield
                finally:
                    queue.next_free_at = clock() + self._min_interval
        finally:
            queue.waiting -= 1

    def _discard_idle(self, now: float) -> None:
        idle = [name for name, queue in self._queues.items() if not queue.waiting and queue.next_free_at <= now]
        for name in idle:
            del self._queues[name]
