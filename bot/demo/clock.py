"""The demo's clock: the real time and so much more. It begins in the past, and only ever goes forward."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.app import Clock


class Time:
    def __init__(self, real: Clock, behind: timedelta = timedelta()) -> None:
        self._real = real
        self._ahead = -behind
        self._flies = False

    def __call__(self) -> datetime:
        return self._real() + self._ahead

    def come(self, at: datetime) -> None:
        """It is so late, unless it is later already."""
        self._ahead = max(self._ahead, at - self._real())

    @contextmanager
    def flying(self) -> Iterator[None]:
        """Meanwhile nobody waits: the clock is moved instead."""
        self._flies = True
        try:
            yield
        finally:
            self._flies = False

    async def wait(self, seconds: float) -> None:
        if self._flies:
            self.come(self() + timedelta(seconds=seconds))
        else:
            await asyncio.sleep(seconds)
