"""Caches a health check, so that frequent probes of `/readyz` don't call Slack each time."""

import asyncio
from collections.abc import Awaitable, Callable

HealthCheck = Callable[[], Awaitable[bool]]


class CachedHealthCheck:
    """A check whose result is valid for some seconds. Concurrent probes share one call."""

    def __init__(self, check: HealthCheck, ttl: float) -> None:
        self._check = check
        self._ttl = ttl
        self._expires_at = 0.0
        self._task: asyncio.Task[bool] | None = None

    async def __call__(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._task is None or (self._task.done() and now >= self._expires_at):
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(self._task)  # one probe that disconnects must not cancel it for the others

    async def _run(self) -> bool:
        try:
            return await self._check()
        finally:
            self._expires_at = asyncio.get_running_loop().time() + self._ttl
