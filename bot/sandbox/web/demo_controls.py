"""Move the demo's clock, one move at a time, and collect what happens meanwhile."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.sandbox.web.protocol import DemoControls

log = logging.getLogger(__name__)

ALREADY_MOVING = "The clock is being moved already."
TRAVEL_FAILED = "That did not work. The terminal says why."


@dataclass
class TimeTravel:
    """The progress and result of the current or last move of the clock."""

    demo: DemoControls
    busy: str = ""  # a message while the clock moves
    messages: list[str] = field(default_factory=list)
    error: str = ""

    async def skip_to_next_run(self) -> str:
        """Move the clock to the next run; return an error message, if any."""
        return await self._travel("Waiting for the next slot …", self.demo.skip_to_next_run())

    async def skip_week(self) -> str:
        """Move the clock by a week; return an error message, if any."""
        return await self._travel("Seven days go by …", self.demo.skip_week())

    async def _travel(self, busy: str, sentences: AsyncIterator[str]) -> str:
        async with self._moving(busy):
            async for sentence in sentences:
                self.messages.append(sentence)
                await self.demo.slack.notify_change()
        return self.error

    @asynccontextmanager
    async def _moving(self, busy: str) -> AsyncIterator[None]:
        if self.busy:
            raise LookupError(ALREADY_MOVING)
        self.busy, self.messages, self.error = busy, [], ""
        await self.demo.slack.notify_change()
        try:
            yield
        except Exception:
            log.exception("the clock could not be moved")
            self.error = TRAVEL_FAILED
        finally:
            self.busy = ""
            await self.demo.slack.notify_change()
