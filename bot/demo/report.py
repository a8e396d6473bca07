"""Report how runs ended, one sentence each, after the clock has moved."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.demo.driver import is_watch
from bot.sandbox.slack import Slack
from bot.store import Run, Schedule
from bot.store.store import Store

MAX_REPORTED_RUNS = 100  # older runs interest nobody
STATE_OPEN = "open"
SENTENCES = {
    "delivered": "{what} was delivered in {where}.",
    "quiet": "{what} had nothing to tell, and said so in {where}.",
    STATE_OPEN: "{what} is not delivered yet in {where}, and is tried again.",
    "skipped": "{what} was left out in {where}. {why}",
    "failed": "{what} could not be delivered in {where}. {why}",
    "unsure": "{what} may stand in {where}. {why}",
}
ALERT_SENTENCE = "{what} had something new, and told it in {where}."


class RunReport:
    """Reports each run's outcome once."""

    def __init__(self, store: Store, workspace: Slack) -> None:
        self._store = store
        self._workspace = workspace
        self._reported: dict[tuple[str, datetime], str] = {}
        self._schedules: dict[str, Schedule] = {}  # also those that have been stopped since

    async def new_sentences(self) -> list[str]:
        """Return sentences on the runs that have changed since the last call, oldest first; open ones each time."""
        self._schedules |= {schedule.id: schedule for schedule in await self._store.schedules.list_all()}
        runs = await self._store.runs.history(list(self._schedules), MAX_REPORTED_RUNS)
        new = [run for run in reversed(runs) if self._reported.get((run.schedule, run.at)) != run.state]
        self._reported |= {(run.schedule, run.at): run.state for run in new if run.state != STATE_OPEN}
        return [self._sentence(self._schedules[run.schedule], run) for run in new]

    def _sentence(self, schedule: Schedule, run: Run) -> str:
        is_alert = run.state == "delivered" and is_watch(schedule)
        channel = self._workspace.channels.get(schedule.channel)
        where = f"#{channel.name}" if channel and channel.name else "a conversation"
        outcome = (ALERT_SENTENCE if is_alert else SENTENCES[run.state]).format(what=run.line, where=where, why=run.why)
        return f"{local_time(run.at, run.zone)}: {outcome}".strip()


def local_time(at: datetime, zone: str) -> str:
    """Format a time as `Mon 30 Nov, 9:00 CET`; the zone is named because the page's clock may show another."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}, {local.hour}:{local:%M %Z}"
