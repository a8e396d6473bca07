"""The demo's clock: the real time and so much more. It begins in the past, and only ever goes forward."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.app import Clock


class DemoClock:
    def __init__(self, real: Clock, behind: timedelta = timedelta()) -> None:
        self._real = real
        self._offset = -behind
        self._skips_waits = False

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def advance_to(self, at: datetime) -> None:
        """It is so late, unless it is later already."""
        self._offset = max(self._offset, at - self._real())

    @contextmanager
    def skip_waits(self) -> Iterator[None]:
        """Meanwhile nobody waits: the clock is moved instead."""
        self._skips_waits = True
        try:
            yield
        finally:
            self._skips_waits = False

    async def wait(self, seconds: float) -> None:
        if self._skips_waits:
            self.advance_to(self() + timedelta(seconds=seconds))
        else:
            await asyncio.sleep(seconds)
