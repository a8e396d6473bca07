"""What a schedule may be, whatever LaunchDarkly says of its question."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import Rejected
from bot.schedules.trigger import Trigger, WatchTrigger
from bot.schedules.watches import observer_for
from bot.store import Schedule

MAX_SCHEDULES_PER_CHANNEL = 20  # in one channel
MAX_QUESTION_CHARS = 500  # characters; the engine keeps a question in the name of its work


@dataclass(frozen=True)
class CheckedQuestion:
    """A question to save."""

    line: str  # its keys as LaunchDarkly writes them
    unchecked: str = ""  # why LaunchDarkly couldn't be asked


def check_question(question: str, trigger: Trigger) -> None:
    """Raise Refused for a question that can't be saved."""
    if len(question) > MAX_QUESTION_CHARS:
        raise Rejected("That question is too long to be kept.", f"It may have {MAX_QUESTION_CHARS} characters.")
    if isinstance(trigger, WatchTrigger):
        observer_for(question.partition(" ")[0])


def check_channel(question: str, trigger: Trigger, existing: Sequence[Schedule]) -> None:
    """Raise Refused where a channel with these schedules may not have this one as well."""
    for schedule in existing:
        if (schedule.line, schedule.cadence) == (question, str(trigger)):
            raise Rejected(f"That is asked here already: it is number {schedule.number}.", "`schedules` shows it.")
    if len(existing) >= MAX_SCHEDULES_PER_CHANNEL:
        what = f"This channel has {MAX_SCHEDULES_PER_CHANNEL} schedules, and may not have more."
        raise Rejected(what, "Stop one; `schedules` shows them.")
