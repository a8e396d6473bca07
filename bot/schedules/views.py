"""A schedule as people read it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import View
from bot.schedules.channel_errors import explain_code
from bot.schedules.overlap import repeated_days, weekly
from bot.schedules.recurrence import Recurrence
from bot.schedules.trigger import WatchTrigger, parse_trigger
from bot.store import Run, Schedule


class ScheduleView(View):
    """What is asked, when, and for whom. A paused one has no next time, and a reason where nobody paused it."""

    number: int
    line: str
    cadence: str
    watches: bool  # and has no times
    owner: str
    paused: bool
    why: str
    next: Timestamp | None
    repeats: str  # how many of its seven days a digest has in common with the one before
    weekly: str  # the line that ends that

    # The lines that look after it, for buttons.

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
    trigger = parse_trigger(schedule.cadence)
    next_at = schedule.next_at
    return ScheduleView(
        number=schedule.number,
        line=schedule.line,
        cadence=trigger.describe(),
        watches=isinstance(trigger, WatchTrigger),
        owner=schedule.owner,
        paused=schedule.state == "paused",
        why=explain_code(schedule.why) if schedule.why else "",
        next=humanize.timestamp(to_milliseconds(next_at), ZoneInfo(trigger.zone))
        if next_at and isinstance(trigger, Recurrence)
        else None,
        repeats=repeated_days(schedule.line, trigger),
        weekly=f"change {schedule.number} {weekly(trigger)}" if isinstance(trigger, Recurrence) else "",
    )


STATE_MARKS = {"delivered": "✅", "quiet": "🤫", "skipped": "⏭️", "failed": "❌", "unsure": "❔", "open": "⏳"}
STATE_LABELS = {"quiet": "delivered: nothing had moved", "unsure": "perhaps delivered", "open": "on its way"}


class RunView(View):
    """A moment at which something was due, and what became of it."""

    number: int
    line: str
    at: Timestamp
    by: str
    mark: str
    says: str
    why: str


def run_view(schedule: Schedule, run: Run, zone: ZoneInfo) -> RunView:
    return RunView(
        number=schedule.number,
        line=run.line,
        at=humanize.timestamp(to_milliseconds(run.at), zone),
        by=run.by,
        mark=STATE_MARKS[run.state],
        says=STATE_LABELS.get(run.state, run.state),
        why=run.why,
    )


class WatchItemView(View):
    """Something that a watch tells."""

    what: str
    url: str
    before: str
    says: str
    when: Timestamp | None
    late: bool
    line: str


@dataclass(frozen=True)
class WatchPreview:
    """What a watch would have told. Of what lasts it is not known: LaunchDarkly says only how it is at present."""

    items: tuple[WatchItemView, ...]
    known: bool
