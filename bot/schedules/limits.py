"""Limits on schedules that hold regardless of what LaunchDarkly says about the question."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import Rejected
from bot.schedules.trigger import Trigger, WatchTrigger
from bot.schedules.watches import observer_for
from bot.store import Schedule

MAX_SCHEDULES_PER_CHANNEL = 20
MAX_QUESTION_CHARS = 500  # the engine's workflow ids contain the question


@dataclass(frozen=True)
class CheckedQuestion:
    """A question that may be saved."""

    line: str  # with keys as LaunchDarkly spells them
    unchecked: str = ""  # why LaunchDarkly couldn't be asked


def check_question(question: str, trigger: Trigger) -> None:
    """Raise Rejected if the question can't be saved."""
    if len(question) > MAX_QUESTION_CHARS:
        raise Rejected("That question is too long to be kept.", f"It may have {MAX_QUESTION_CHARS} characters.")
    if isinstance(trigger, WatchTrigger):
        observer_for(question.partition(" ")[0])


def check_channel(question: str, trigger: Trigger, existing: Sequence[Schedule]) -> None:
    """Raise Rejected if a channel with these existing schedules can't take this one."""
    for schedule in existing:
        if (schedule.line, schedule.cadence) == (question, str(trigger)):
            raise Rejected(f"That is asked here already: it is number {schedule.number}.", "`schedules` shows it.")
    if len(existing) >= MAX_SCHEDULES_PER_CHANNEL:
        what = f"This channel has {MAX_SCHEDULES_PER_CHANNEL} schedules, and may not have more."
        raise Rejected(what, "Stop one; `schedules` shows them.")
