"""Time controls for the real LaunchDarkly, whose time can't be moved: the next schedule runs at once instead."""

from collections.abc import AsyncGenerator

from bot.demo.driver import SchedulerDriver
from bot.demo.report import RunReport
from bot.demo.time_controls import NO_SCHEDULES, upcoming_schedules

RUN_NOW_NOTICE = "The real LaunchDarkly's time cannot be moved: what is due next was sent at once."
NO_SKIP_NOTICE = "The real LaunchDarkly's time cannot be moved, so there is no week to play."


class LiveControls:
    """The same controls as TimeControls, without moving the clock."""

    def __init__(self, driver: SchedulerDriver, report: RunReport) -> None:
        self._driver = driver
        self._report = report

    async def skip_to_next_run(self) -> AsyncGenerator[str, None]:
        await self._report.new_sentences()
        schedules = await upcoming_schedules(self._driver)
        if not schedules:
            yield NO_SCHEDULES
            return
        await self._driver.run_now(schedules[0])
        yield " ".join([*await self._report.new_sentences(), RUN_NOW_NOTICE])

    async def skip_week(self) -> AsyncGenerator[str, None]:
        yield NO_SKIP_NOTICE
