"""What stands below a message that comes by itself: who wanted it, when it comes next, and what did not come before."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.endpoints import _words
from bot.endpoints._endpoint import View
from bot.endpoints._when import milliseconds
from bot.message import Message
from bot.schedules.rounds import Rounds
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule, Slot

MOST_MISSED = 3
FAR = 30  # slots that are looked at for those


class ByItselfView(View):
    schedule: ScheduleView
    by: str
    missed: str


async def dressed(rounds: Rounds, schedule: Schedule, slot: Slot, message: Message) -> Message:
    """The message, with that below it."""
    missed = [_words.day(milliseconds(lost.at), ZoneInfo(slot.zone)) for lost in await _missed(rounds, slot)]
    view = ByItselfView(schedule=schedule_view(schedule), by=slot.by, missed=_listed(list(dict.fromkeys(missed))))
    note = rounds.answers.note("by_itself", view)
    return replace(message, text=f"{message.text} {note.text}", blocks=(*message.blocks, *note.blocks))


def _listed(days: list[str]) -> str:
    """The last of the days, in their order."""
    earlier = [_words.count(len(days) - MOST_MISSED, "earlier day")] if len(days) > MOST_MISSED else []
    return _words.joined([*earlier, *reversed(days[:MOST_MISSED])])


async def _missed(rounds: Rounds, slot: Slot) -> list[Slot]:
    """What was skipped or failed since something was delivered last."""
    found: list[Slot] = []
    for earlier in await rounds.store.slots.history([slot.schedule], FAR):
        if earlier.state in ("delivered", "quiet"):
            break
        if earlier.at < slot.at and earlier.state in ("skipped", "failed"):
            found.append(earlier)
    return found
