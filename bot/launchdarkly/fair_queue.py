"""Share what is sent to LaunchDarkly at once: whoever asks for much waits in a line of their own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import TryLater


class FairQueue:
    """So many requests *at_once*. Callers who wait take turns, and each may have *most_waiting*."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free = at_once  # while any are free, nobody waits
        self._most_waiting = most_waiting
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    def check(self, caller: str) -> None:
        """Refuse a further request of a caller who has too many waiting."""
        waiting = len(self._lines.get(caller, ()))
        if waiting >= self._most_waiting:
            raise TryLater(f"You have {waiting} requests to LaunchDarkly waiting.", "Try again in a moment.")

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block is left."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(caller)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, caller: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(caller, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given at the same moment
                self._pass_on()
            self._leave(caller, turn)
            raise

    def _leave(self, caller: str, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(caller, deque())
        if turn in line:
            line.remove(turn)
            if not line:
                del self._lines[caller]

    def _pass_on(self) -> None:
        """Give the turn to the caller who has waited longest for one; their next request waits behind all others."""
        while self._lines:
            caller, line = next(iter(self._lines.items()))
            turn = line.popleft()
            del self._lines[caller]
            if line:
                self._lines[caller] = line
            if not turn.done():  # whoever is canceled has not left the line yet
                turn.set_result(None)
                return
        self._free += 1
