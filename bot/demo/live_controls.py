"""Where the clock is the real one, and nobody moves it: what is due next is sent at once."""

from collections.abc import AsyncGenerator

from bot.demo.driver import Beat
from bot.demo.report import Told
from bot.demo.time_controls import MAKE_ONE, coming

NOT_MOVED = "The real LaunchDarkly's time cannot be moved: what is due next was sent at once."
NO_WEEK = "The real LaunchDarkly's time cannot be moved, so there is no week to play."


class AtOnce:
    """What is done instead of travelling."""

    def __init__(self, beat: Beat, told: Told) -> None:
        self._beat = beat
        self._told = told

    async def next_slot(self) -> AsyncGenerator[str, None]:
        await self._told.news()
        schedules = await coming(self._beat)
        if not schedules:
            yield MAKE_ONE
            return
        await self._beat.send(schedules[0])
        yield " ".join([*await self._told.news(), NOT_MOVED])

    async def week(self) -> AsyncGenerator[str, None]:
        yield NO_WEEK
