"""Views of schedules, their messages' footers, and runs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import View
from bot.schedules.delivery_errors import explain_code
from bot.schedules.triggers import Recurrence, describe_trigger, trigger_of
from bot.store import Run, RunState, Schedule, ScheduleState

MAX_MISSED_DAYS = 3  # in a footer; earlier ones are counted


class ScheduleView(View):
    """A schedule. While paused or stopped it has no next run; if the bot paused it, it has a reason."""

    number: int
    line: str
    recurrence: str
    watches: bool  # whether it is a watch, which has no next run
    owner: str
    paused: bool
    stopped: bool
    why: str
    next: Timestamp | None

    # The lines behind its buttons.

    @property
    def now(self) -> str:
        return f"now {self.number}"

    @property
    def pause(self) -> str:
        return f"pause {self.number}"

    @property
    def snooze(self) -> str:
        return f"snooze {self.number}"

    @property
    def resume(self) -> str:
        return f"resume {self.number}"

    @property
    def change(self) -> str:
        return f"change {self.number}"

    @property
    def stop(self) -> str:
        return f"stop {self.number}"


def schedule_view(schedule: Schedule) -> ScheduleView:
    """Build the view of a schedule."""
    trigger = trigger_of(schedule)
    next_at = schedule.next_at
    return ScheduleView(
        number=schedule.number,
        line=schedule.line,
        recurrence=describe_trigger(trigger, schedule.line),
        watches=schedule.is_watch,
        owner=schedule.owner,
        paused=schedule.state is ScheduleState.PAUSED,
        stopped=schedule.state is ScheduleState.STOPPED,
        why=explain_code(schedule.why) if schedule.why else "",
        next=humanize.timestamp(to_milliseconds(next_at), ZoneInfo(schedule.zone))
        if next_at and isinstance(trigger, Recurrence)
        else None,
    )


class ScheduleFooterView(View):
    """The footer of a scheduled message: who scheduled or requested it, the next run, and the missed runs before it."""

    schedule: ScheduleView
    by: str
    missed: str


def footer_view(schedule: Schedule, run: Run, missed_at: Sequence[datetime]) -> ScheduleFooterView:
    """Build the footer of a run's message, with the runs missed before it, latest first."""
    missed_days = [humanize.format_day(to_milliseconds(at), ZoneInfo(run.zone)) for at in missed_at]
    return ScheduleFooterView(
        schedule=schedule_view(schedule), by=run.by, missed=_format_days(list(dict.fromkeys(missed_days)))
    )


def _format_days(days: list[str]) -> str:
    """List the latest days in chronological order, and count the earlier ones."""
    earlier = [humanize.count(len(days) - MAX_MISSED_DAYS, "earlier day")] if len(days) > MAX_MISSED_DAYS else []
    return humanize.join_with_and([*earlier, *reversed(days[:MAX_MISSED_DAYS])])


OPEN_MARK, OPEN_LABEL = "⏳", "in progress"
OUTCOME_MARKS = {
    RunState.DELIVERED: "✅",
    RunState.QUIET: "🤫",
    RunState.SKIPPED: "⏭️",
    RunState.FAILED: "❌",
    RunState.UNSURE: "❔",
}
OUTCOME_LABELS = {RunState.QUIET: "delivered: nothing changed", RunState.UNSURE: "possibly delivered"}


class RunView(View):
    """A run of a schedule, and its outcome."""

    number: int
    line: str
    at: Timestamp
    by: str
    mark: str
    says: str
    why: str
    steps: str  # what happened to it, in order; for those who want the detail


def run_view(schedule: Schedule, run: Run, zone: ZoneInfo) -> RunView:
    """Build the view of a run."""
    return RunView(
        number=schedule.number,
        line=run.line,
        at=humanize.timestamp(to_milliseconds(run.at), zone),
        by=run.by,
        mark=OUTCOME_MARKS[run.outcome] if run.outcome else OPEN_MARK,
        says=OUTCOME_LABELS.get(run.outcome, run.outcome) if run.outcome else OPEN_LABEL,
        why=run.why,
        steps=" · ".join(_steps(run.log, zone)),
    )


def _steps(log: str, zone: ZoneInfo) -> Iterator[str]:
    """Return what a run's log says, with the time of each; what happened several times in a row is counted."""
    entries = [line.split(" ", 1) for line in log.splitlines()]
    for what, group in groupby(entries, key=lambda entry: entry[1]):
        times = [datetime.fromtimestamp(int(second), zone).strftime("%H:%M:%S") for second, _ in group]
        yield f"{what} {times[0]}" if len(times) == 1 else f"{what} {len(times)} times, {times[0]} to {times[-1]}"
