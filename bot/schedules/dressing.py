"""What stands below a message that comes by itself: who wanted it, when it comes next, and what did not come before."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.endpoints import _words
from bot.endpoints._endpoint import View
from bot.endpoints._when import milliseconds
from bot.message import Message
from bot.schedules.rounds import Rounds
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
    missed = [_words.day(milliseconds(at), ZoneInfo(slot.zone)) for at in lost]
    view = ByItselfView(schedule=schedule_view(schedule), by=slot.by, missed=_listed(list(dict.fromkeys(missed))))
    note = rounds.answers.note("by_itself", view)
    return replace(message, text=f"{message.text} {note.text}", blocks=(*message.blocks, *note.blocks))


def _listed(days: list[str]) -> str:
    """The last of the days, in their order."""
    earlier = [_words.count(len(days) - MOST_MISSED, "earlier day")] if len(days) > MOST_MISSED else []
    return _words.joined([*earlier, *reversed(days[:MOST_MISSED])])
