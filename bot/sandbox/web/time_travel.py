"""The clock moved, one journey at a time, and what was said on the way."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.sandbox.web.protocol import Stage

log = logging.getLogger(__name__)

TRAVELLING = "The clock is being moved already."
BROKEN = "That did not work. The terminal says why."


@dataclass
class Travel:
    stage: Stage
    busy: str = ""  # what is being waited for
    said: list[str] = field(default_factory=list)  # on the last journey
    failed: str = ""

    async def next_slot(self) -> str:
        return await self._travel("Waiting for the next slot …", self.stage.next_slot())

    async def week(self) -> str:
        return await self._travel("Seven days go by …", self.stage.week())

    async def _travel(self, busy: str, sentences: AsyncIterator[str]) -> str:
        async with self._away(busy):
            async for sentence in sentences:
                self.said.append(sentence)
                await self.stage.slack.changed()
        return self.failed

    @asynccontextmanager
    async def _away(self, busy: str) -> AsyncIterator[None]:
        if self.busy:
            raise LookupError(TRAVELLING)
        self.busy, self.said, self.failed = busy, [], ""
        await self.stage.slack.changed()
        try:
            yield
        except Exception:
            log.exception("the clock could not be moved")
            self.failed = BROKEN
        finally:
            self.busy = ""
            await self.stage.slack.changed()
