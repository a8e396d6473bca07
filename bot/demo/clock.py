"""The demo's clock: the real time plus an offset. It starts in the past, and only moves forward."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.app import Clock


class DemoClock:
    """A clock that can be moved forward."""

    def __init__(self, real: Clock, behind: timedelta = timedelta()) -> None:
        self._real = real
        self._offset = -behind
        self._skips_waits = False

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def advance_to(self, at: datetime) -> None:
        """Move the clock to *at*, unless it is later already."""
        self._offset = max(self._offset, at - self._real())

    @contextmanager
    def skip_waits(self) -> Iterator[None]:
        """Make `wait` move the clock instead of sleeping, until the block ends."""
        self._skips_waits = True
        try:
            yield
        finally:
            self._skips_waits = False

    async def wait(self, seconds: float) -> None:
        """Let *seconds* pass on this clock."""
        if self._skips_waits:
            self.advance_to(self() + timedelta(seconds=seconds))
        else:
            await asyncio.sleep(seconds)
