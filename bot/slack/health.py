"""Whether Slack answers the bot, asked for as often as it makes sense, however often a platform asks."""

import asyncio
from collections.abc import Awaitable, Callable

Check = Callable[[], Awaitable[bool]]


class Cached:
    """A check whose result is good for some seconds; it is made once for all who ask meanwhile."""

    def __init__(self, check: Check, seconds: float) -> None:
        self._check = check
        self._seconds = seconds
        self._until = 0.0
        self._checking: asyncio.Task[bool] | None = None

    async def __call__(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._checking is None or (self._checking.done() and now >= self._until):
            self._checking = asyncio.create_task(self._checked())
        return await asyncio.shield(self._checking)  # that one of them hangs up is nothing to the others

    async def _checked(self) -> bool:
        try:
            return await self._check()
        finally:
            self._until = asyncio.get_running_loop().time() + self._seconds
