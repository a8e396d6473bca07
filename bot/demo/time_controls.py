"""The clock moved: to the next slot, or through a week. What comes of that is told in sentences."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from bot.demo.driver import Beat, watches
from bot.demo.report import Told
from bot.schedules.context import LONGEST_WAIT
from bot.store import Schedule

AGAIN = (timedelta(seconds=11), timedelta(seconds=21), timedelta(seconds=41))  # as the bot waits after failures
# An hour, after which the bot says what kept it from delivering; and another for what a watch has seen meanwhile.
TO_THE_END = (*AGAIN, *24 * [LONGEST_WAIT])
WEEK = timedelta(days=7)
MAKE_ONE = "Nothing is to come by the clock. Type /insights every monday 9:00 digest web/production in a channel."
NOTHING_NEW = "Seven days went by, and no watch saw anything new."


class Travel:
    def __init__(self, beat: Beat, told: Told) -> None:
        self._beat = beat
        self._told = told

    async def next_slot(self) -> AsyncGenerator[str, None]:
        """To the next moment at which something comes by the clock, or has to be tried again; if only watches are
        there, until one speaks."""
        await self._told.news()
        if await self._open():
            for sentence in await self.come(self._beat.time() + LONGEST_WAIT):
                yield sentence
        elif following := await coming(self._beat):
            async for sentence in self.until(following[0].next_at or self._beat.time()):
                yield sentence
        elif await self._beat.active():
            async for sentence in self._until_one_speaks():
                yield sentence
        else:
            yield MAKE_ONE

    async def _until_one_speaks(self) -> AsyncGenerator[str, None]:
        async with aclosing(self.week()) as week:
            async for sentence in week:
                yield sentence
                return
        yield NOTHING_NEW

    async def week(self) -> AsyncGenerator[str, None]:
        """Seven days, with each slot at its moment."""
        await self._told.news()
        async for sentence in self.until(self._beat.time() + WEEK):
            yield sentence

    async def until(self, end: datetime) -> AsyncGenerator[str, None]:
        """To a moment, with each slot on the way at its own."""
        while (at := await self._next(end)) < end:
            for sentence in await self.come(at, TO_THE_END):
                yield sentence
        for sentence in await self.come(end):
            yield sentence

    async def come(self, at: datetime, again: Sequence[timedelta] = AGAIN) -> list[str]:
        """It is so late, and a little later if something has to be tried again."""
        await self._beat.come(at)
        for wait in again:
            if not await self._open():
                break
            await self._beat.come(self._beat.time() + wait)
        return await self._told.news()

    async def _open(self) -> bool:
        """Whether anything that was due is not done with."""
        tomorrow = self._beat.time() + timedelta(days=1)
        return bool(await self._beat.rounds.store.slots.open(self._beat.rounds.team, tomorrow, 1))

    async def _next(self, end: datetime) -> datetime:
        """The next moment at which there is something to deliver; until then, watches look."""
        moments = [one.next_at for one in await coming(self._beat) if one.next_at]
        return await self._beat.look_until(min([*moments, end]))


async def coming(beat: Beat) -> list[Schedule]:
    """What comes by the clock, the next first. A watch does not: it looks."""
    schedules = [one for one in await beat.active() if one.next_at and not watches(one)]
    return sorted(schedules, key=lambda one: (one.next_at, one.id))
