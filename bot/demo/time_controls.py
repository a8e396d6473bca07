"""Move the clock to the next run, or by a week, and report in sentences what happened.

The real LaunchDarkly has no time to move: LiveControls run the next schedule at once instead.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.driver import SchedulerDriver
from bot.sandbox.slack import Slack
from bot.schedules.context import MAX_RETRY_DELAY
from bot.store import Run, RunState, Schedule
from bot.store.store import Store

MAX_REPORTED_RUNS = 100  # older runs interest nobody
STILL_OPEN = "{what} isn't posted in {where} yet; retrying."
SENTENCES = {
    RunState.DELIVERED: "{what} was posted in {where}.",
    RunState.QUIET: "{what} had nothing to report, so {where} got a single line.",
    RunState.SKIPPED: "{what} was skipped in {where}. {why}",
    RunState.FAILED: "{what} couldn't be posted in {where}. {why}",
    RunState.UNSURE: "{what} may have been posted in {where}. {why}",
}
ALERT_SENTENCE = "Alert posted in {where}: {what}."
REPLY_SENTENCE = "Reply to an alert posted in {where}: {what}."
RETRY_WAITS = (timedelta(seconds=11), timedelta(seconds=21), timedelta(seconds=41))  # as the bot waits after failures
WEEK = timedelta(days=7)
# An hour until the bot gives up, and as long as watches see something new in the meantime.
RETRY_WAITS_UNTIL_CLOSED = (*RETRY_WAITS, *(WEEK // MAX_RETRY_DELAY) * [MAX_RETRY_DELAY])
NO_SCHEDULES = "Nothing is scheduled. Type /insights every monday 9:00 digest web/production in a channel."
NO_ALERTS = "No alerts in the next seven days."
RUN_NOW_NOTICE = "Time travel needs the simulator, so the next scheduled post was sent right away."
NO_SKIP_NOTICE = "Time travel needs the simulator, so you can't skip a week here."


class RunReport:
    """Reports each run's outcome once."""

    def __init__(self, store: Store, workspace: Slack) -> None:
        self._store = store
        self._workspace = workspace
        self._reported: dict[tuple[str, datetime], RunState] = {}
        self._schedules: dict[str, Schedule] = {}  # also those that have been stopped since

    async def new_sentences(self, due_by: datetime | None = None) -> list[str]:
        """Return sentences on the runs that have changed since the last call, oldest first.

        Open ones are reported each time, unless they have come up after *due_by*: those are only just being tried.
        """
        self._schedules |= {schedule.id: schedule for schedule in await self._store.schedules.list_all()}
        runs = await self._store.runs.history(list(self._schedules), MAX_REPORTED_RUNS)
        new = [
            run
            for run in reversed(runs)
            if self._reported.get((run.schedule, run.at)) != run.state
            and not (due_by and run.state.is_open and run.at > due_by)
        ]
        self._reported |= {(run.schedule, run.at): run.outcome for run in new if run.outcome}
        return [self._sentence(self._schedules[run.schedule], run) for run in new]

    def _sentence(self, schedule: Schedule, run: Run) -> str:
        channel = self._workspace.channels.get(schedule.channel)
        where = f"#{channel.name}" if channel and channel.name else "a direct message"
        outcome = _outcome_sentence(schedule, run).format(what=run.line, where=where, why=run.why)
        return f"{local_time(run.at, run.zone)}: {outcome}".strip()


def _outcome_sentence(schedule: Schedule, run: Run) -> str:
    if run.outcome is RunState.DELIVERED and schedule.is_watch:
        return REPLY_SENTENCE if run.reply_to else ALERT_SENTENCE
    return SENTENCES[run.outcome] if run.outcome else STILL_OPEN


def local_time(at: datetime, zone: str) -> str:
    """Format a time as `Mon 30 Nov, 9:00 CET`; the zone is named because the page's clock may show another."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}, {local.hour}:{local:%M %Z}"


class TimeControls:
    """Moves the demo's clock."""

    def __init__(self, driver: SchedulerDriver, report: RunReport) -> None:
        self._driver = driver
        self._report = report

    async def skip_to_next_run(self) -> AsyncGenerator[str, None]:
        """Skip to the next retry or scheduled run; if there are only watches, to the first alert."""
        await self._report.new_sentences()
        if await self._driver.has_open_runs(self._driver.clock()):
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
        async for sentence in self.play_until(self._driver.clock() + WEEK, RETRY_WAITS_UNTIL_CLOSED):
            yield sentence

    async def play_until(
        self, end: datetime, retry_waits: Sequence[timedelta] = RETRY_WAITS
    ) -> AsyncGenerator[str, None]:
        """Play until *end*, with each run at its time; what is still open then is retried after *retry_waits*."""
        while (at := await self._advance_watches(end)) < end:
            for sentence in await self.advance_to(at, RETRY_WAITS_UNTIL_CLOSED, due_by=end):
                yield sentence
        for sentence in await self.advance_to(end, retry_waits):
            yield sentence

    async def advance_to(
        self, at: datetime, retry_waits: Sequence[timedelta] = RETRY_WAITS, due_by: datetime | None = None
    ) -> list[str]:
        """Move the clock to *at*, and on by *retry_waits* while runs due by then are open; return what happened."""
        await self._driver.advance_to(at)
        due_by = due_by or self._driver.clock()
        for wait in retry_waits:
            if not await self._driver.has_open_runs(due_by):
                break
            await self._driver.advance_to(self._driver.clock() + wait)
        return await self._report.new_sentences(due_by)

    async def _advance_watches(self, end: datetime) -> datetime:
        """Let the watches observe until the next run, alert or retry, at most until *end*; return that time."""
        moments = [one.next_at for one in await upcoming_schedules(self._driver) if one.next_at]
        return await self._driver.check_watches_until(min([*moments, end]))


async def upcoming_schedules(driver: SchedulerDriver) -> list[Schedule]:
    """Return the active schedules, next first, without watches."""
    schedules = [one for one in await driver.active_schedules() if one.next_at and not one.is_watch]
    return sorted(schedules, key=lambda one: (one.next_at, one.id))


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
