"""A schedule as people read it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.lines.timespec import milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import Stamp
from bot.questions.base import View
from bot.schedules.channel_errors import sentence
from bot.schedules.overlap import repeated_days, weekly
from bot.schedules.recurrence import Cadence
from bot.schedules.trigger import Watch, rhythm
from bot.store import Schedule, Slot


class ScheduleView(View):
    """What is asked, when, and for whom. A paused one has no next time, and a reason where nobody paused it."""

    number: int
    line: str
    cadence: str
    watches: bool  # and has no times
    owner: str
    paused: bool
    why: str
    next: Stamp | None
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
    found = rhythm(schedule.cadence)
    next_at = schedule.next_at
    return ScheduleView(
        number=schedule.number,
        line=schedule.line,
        cadence=found.says(),
        watches=isinstance(found, Watch),
        owner=schedule.owner,
        paused=schedule.state == "paused",
        why=sentence(schedule.why) if schedule.why else "",
        next=humanize.stamp(milliseconds(next_at), ZoneInfo(found.zone))
        if next_at and isinstance(found, Cadence)
        else None,
        repeats=repeated_days(schedule.line, found),
        weekly=f"change {schedule.number} {weekly(found)}" if isinstance(found, Cadence) else "",
    )


MARKS = {"delivered": "✅", "quiet": "🤫", "skipped": "⏭️", "failed": "❌", "unsure": "❔", "open": "⏳"}
SAYS = {"quiet": "delivered: nothing had moved", "unsure": "perhaps delivered", "open": "on its way"}


class SlotView(View):
    """A moment at which something was due, and what became of it."""

    number: int
    line: str
    at: Stamp
    by: str
    mark: str
    says: str
    why: str


def slot_view(schedule: Schedule, slot: Slot, zone: ZoneInfo) -> SlotView:
    return SlotView(
        number=schedule.number,
        line=slot.line,
        at=humanize.stamp(milliseconds(slot.at), zone),
        by=slot.by,
        mark=MARKS[slot.state],
        says=SAYS.get(slot.state, slot.state),
        why=slot.why,
    )


class ItemView(View):
    """Something that a watch tells."""

    what: str
    url: str
    before: str
    says: str
    when: Stamp | None
    late: bool
    line: str


@dataclass(frozen=True)
class Week:
    """What a watch would have told. Of what lasts it is not known: LaunchDarkly says only how it is at present."""

    items: tuple[ItemView, ...]
    known: bool
