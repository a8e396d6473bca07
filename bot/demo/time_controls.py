"""Move the clock to the next run, or by a week, and report in sentences what happened."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from bot.demo.driver import SchedulerDriver, is_watch
from bot.demo.report import RunReport
from bot.schedules.context import MAX_RETRY_DELAY
from bot.store import Schedule

RETRY_WAITS = (timedelta(seconds=11), timedelta(seconds=21), timedelta(seconds=41))  # as the bot waits after failures
# One hour until the bot reports why it couldn't deliver, and another for what a watch has seen in the meantime.
RETRY_WAITS_UNTIL_CLOSED = (*RETRY_WAITS, *24 * [MAX_RETRY_DELAY])
WEEK = timedelta(days=7)
NO_SCHEDULES = "Nothing is to come by the clock. Type /insights every monday 9:00 digest web/production in a channel."
NO_ALERTS = "Seven days went by, and no watch saw anything new."


class TimeControls:
    """Moves the demo's clock."""

    def __init__(self, driver: SchedulerDriver, report: RunReport) -> None:
        self._driver = driver
        self._report = report

    async def skip_to_next_run(self) -> AsyncGenerator[str, None]:
        """Skip to the next retry or scheduled run; if there are only watches, to the first alert."""
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
        """Play seven days, with each run at its time."""
        await self._report.new_sentences()
        async for sentence in self.play_until(self._driver.clock() + WEEK):
            yield sentence

    async def play_until(self, end: datetime) -> AsyncGenerator[str, None]:
        """Play until *end*, with each run at its time."""
        while (at := await self._advance_watches(end)) < end:
            for sentence in await self.advance_to(at, RETRY_WAITS_UNTIL_CLOSED):
                yield sentence
        for sentence in await self.advance_to(end):
            yield sentence

    async def advance_to(self, at: datetime, retry_waits: Sequence[timedelta] = RETRY_WAITS) -> list[str]:
        """Move the clock to *at*, and on by *retry_waits* while runs are open; return what happened."""
        await self._driver.advance_to(at)
        for wait in retry_waits:
            if not await self._has_open_runs():
                break
            await self._driver.advance_to(self._driver.clock() + wait)
        return await self._report.new_sentences()

    async def _has_open_runs(self) -> bool:
        """Return whether any run is still open."""
        tomorrow = self._driver.clock() + timedelta(days=1)
        return bool(await self._driver.ctx.store.runs.list_open(self._driver.ctx.team, tomorrow, 1))

    async def _advance_watches(self, end: datetime) -> datetime:
        """Let the watches observe until the next run or alert, at most until *end*; return that time."""
        moments = [one.next_at for one in await upcoming_schedules(self._driver) if one.next_at]
        return await self._driver.check_watches_until(min([*moments, end]))


async def upcoming_schedules(driver: SchedulerDriver) -> list[Schedule]:
    """Return the active schedules, next first, without watches."""
    schedules = [one for one in await driver.active_schedules() if one.next_at and not is_watch(one)]
    return sorted(schedules, key=lambda one: (one.next_at, one.id))
