"""What a schedule may be, whatever LaunchDarkly says of its question."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import Refused
from bot.schedules.trigger import Rhythm, Watch
from bot.schedules.watches import watched
from bot.store import Schedule

MAX_SCHEDULES = 20  # in one channel
MAX_QUESTION = 500  # characters; the engine keeps a question in the name of its work


@dataclass(frozen=True)
class CheckedQuestion:
    """A question to save."""

    line: str  # its keys as LaunchDarkly writes them
    unchecked: str = ""  # why LaunchDarkly couldn't be asked


def check_question(question: str, found: Rhythm) -> None:
    """Raise Refused for a question that can't be saved."""
    if len(question) > MAX_QUESTION:
        raise Refused("That question is too long to be kept.", f"It may have {MAX_QUESTION} characters.")
    if isinstance(found, Watch):
        watched(question.partition(" ")[0])


def check_room(question: str, found: Rhythm, there: Sequence[Schedule]) -> None:
    """Raise Refused where a channel with these schedules may not have this one as well."""
    for schedule in there:
        if (schedule.line, schedule.cadence) == (question, str(found)):
            raise Refused(f"That is asked here already: it is number {schedule.number}.", "`schedules` shows it.")
    if len(there) >= MAX_SCHEDULES:
        what = f"This channel has {MAX_SCHEDULES} schedules, and may not have more."
        raise Refused(what, "Stop one; `schedules` shows them.")
