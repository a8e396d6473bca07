"""Whether Slack answers the bot, asked for as often as it makes sense, however often a platform asks."""

import asyncio
from collections.abc import Awaitable, Callable

HealthCheck = Callable[[], Awaitable[bool]]


class CachedHealthCheck:
    """A check whose result is good for some seconds; it is made once for all who ask meanwhile."""

    def __init__(self, check: HealthCheck, ttl: float) -> None:
        self._check = check
        self._ttl = ttl
        self._expires_at = 0.0
        self._task: asyncio.Task[bool] | None = None

    async def __call__(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._task is None or (self._task.done() and now >= self._expires_at):
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(self._task)  # that one of them hangs up is nothing to the others

    async def _run(self) -> bool:
        try:
            return await self._check()
        finally:
            self._expires_at = asyncio.get_running_loop().time() + self._ttl
