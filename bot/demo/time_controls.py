"""The clock moved: to the next slot, or through a week. What comes of that is told in sentences."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from bot.demo.driver import SchedulerDriver, is_watch
from bot.demo.report import RunReport
from bot.schedules.context import MAX_RETRY_DELAY
from bot.store import Schedule

RETRY_WAITS = (timedelta(seconds=11), timedelta(seconds=21), timedelta(seconds=41))  # as the bot waits after failures
# An hour, after which the bot says what kept it from delivering; and another for what a watch has seen meanwhile.
RETRY_WAITS_UNTIL_CLOSED = (*RETRY_WAITS, *24 * [MAX_RETRY_DELAY])
WEEK = timedelta(days=7)
NO_SCHEDULES = "Nothing is to come by the clock. Type /insights every monday 9:00 digest web/production in a channel."
NO_ALERTS = "Seven days went by, and no watch saw anything new."


class TimeControls:
    def __init__(self, driver: SchedulerDriver, report: RunReport) -> None:
        self._driver = driver
        self._report = report

    async def skip_to_next_run(self) -> AsyncGenerator[str, None]:
        """To the next moment at which something comes by the clock, or has to be tried again; if only watches are
        there, until one speaks."""
        await self._report.new_sentences()
        if await self._has_open_runs():
            for sentence in await self.advance_to(self._driver.clock() + MAX_RETRY_DELAY):
                yield sentence
        elif upcoming := await upcoming_schedules(self._driver):
            async for sentence in self.play_until(upcoming[0].next_at or self._driver.clock()):
                yield sentence
        elif await self._driver.active_schedules():
            async for sentence in self._until_first_alert():
                yield sentence
        else:
            yield NO_SCHEDULES

    async def _until_first_alert(self) -> AsyncGenerator[str, None]:
        async with aclosing(self.skip_week()) as week:
            async for sentence in week:
                yield sentence
                return
        yield NO_ALERTS

    async def skip_week(self) -> AsyncGenerator[str, None]:
        """Seven days, with each slot at its moment."""
        await self._report.new_sentences()
        async for sentence in self.play_until(self._driver.clock() + WEEK):
            yield sentence

    async def play_until(self, end: datetime) -> AsyncGenerator[str, None]:
        """To a moment, with each slot on the way at its own."""
        while (at := await self._advance_watches(end)) < end:
            for sentence in await self.advance_to(at, RETRY_WAITS_UNTIL_CLOSED):
                yield sentence
        for sentence in await self.advance_to(end):
            yield sentence

    async def advance_to(self, at: datetime, retry_waits: Sequence[timedelta] = RETRY_WAITS) -> list[str]:
        """It is so late, and a little later if something has to be tried again."""
        await self._driver.advance_to(at)
        for wait in retry_waits:
            if not await self._has_open_runs():
                break
            await self._driver.advance_to(self._driver.clock() + wait)
        return await self._report.new_sentences()

    async def _has_open_runs(self) -> bool:
        """Whether anything that was due is not done with."""
        tomorrow = self._driver.clock() + timedelta(days=1)
        return bool(await self._driver.ctx.store.runs.list_open(self._driver.ctx.team, tomorrow, 1))

    async def _advance_watches(self, end: datetime) -> datetime:
        """The next moment at which there is something to deliver; until then, watches look."""
        moments = [one.next_at for one in await upcoming_schedules(self._driver) if one.next_at]
        return await self._driver.check_watches_until(min([*moments, end]))


async def upcoming_schedules(driver: SchedulerDriver) -> list[Schedule]:
    """What comes by the clock, the next first. A watch does not: it looks."""
    schedules = [one for one in await driver.active_schedules() if one.next_at and not is_watch(one)]
    return sorted(schedules, key=lambda one: (one.next_at, one.id))
