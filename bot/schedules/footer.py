"""What stands below a message that comes by itself: who wanted it, when it comes next, and what did not come before."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.lines.timespec import milliseconds
from bot.messages import humanize
from bot.messages.message import Message
from bot.questions.base import View
from bot.schedules.context import Rounds
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule, Slot

MOST_MISSED = 3
FAR = 30  # of them are looked for

Wanted = tuple[Schedule, list[datetime]]  # whose slot it is, and what did not come before


class ByItselfView(View):
    schedule: ScheduleView
    by: str
    missed: str


def dressed(rounds: Rounds, wanted: Wanted, slot: Slot, message: Message) -> Message:
    """The message, with that below it."""
    schedule, lost = wanted
    missed = [humanize.day(milliseconds(at), ZoneInfo(slot.zone)) for at in lost]
    view = ByItselfView(schedule=schedule_view(schedule), by=slot.by, missed=_listed(list(dict.fromkeys(missed))))
    note = rounds.answers.note("by_itself", view)
    return replace(message, text=f"{message.text} {note.text}", blocks=(*message.blocks, *note.blocks))


def _listed(days: list[str]) -> str:
    """The last of the days, in their order."""
    earlier = [humanize.count(len(days) - MOST_MISSED, "earlier day")] if len(days) > MOST_MISSED else []
    return humanize.joined([*earlier, *reversed(days[:MOST_MISSED])])
