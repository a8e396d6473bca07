"""Check a schedule before it is saved: its limits, and that its question, asked once, has an answer.

If LaunchDarkly doesn't know or allow something in it, the failure is raised and nothing is saved. If LaunchDarkly can't
answer right now, the question may still be fine: it is saved, and the person is told that it wasn't checked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.access import AccessRules, Caller
from bot.answers import Answers
from bot.errors import TRANSIENT_FAILURES, Rejected
from bot.lines.parser import ParsedLine
from bot.schedules.triggers import Trigger, WatchTrigger, describe_trigger, subject, trigger_of
from bot.schedules.watch_job import first_observation, observer_for
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
        raise Rejected("That question is too long to schedule.", f"Keep it to {MAX_QUESTION_CHARS:,} characters.")
    if isinstance(trigger, WatchTrigger):
        observer_for(question.partition(" ")[0])


def check_channel(question: str, trigger: Trigger, existing: Sequence[Schedule]) -> None:
    """Raise Rejected if a channel with these existing schedules can't take this one."""
    check_duplicate(question, trigger, existing)
    if len(existing) >= MAX_SCHEDULES_PER_CHANNEL:
        what = f"This channel has {MAX_SCHEDULES_PER_CHANNEL} schedules, which is the limit."
        raise Rejected(what, "Stop one first. `schedules` lists them.")


def check_duplicate(question: str, trigger: Trigger, existing: Sequence[Schedule]) -> None:
    """Raise Rejected if one of the existing schedules reports the same at the same time."""
    for schedule in existing:
        if trigger == trigger_of(schedule) and subject(question, trigger) == subject(schedule.line, trigger):
            number = f" (schedule {schedule.number})" if schedule.number else ""  # it has none yet in an imported file
            what = (
                f"That's already scheduled here{number}: `{schedule.line}`, {describe_trigger(trigger, schedule.line)}."
            )
            raise Rejected(what, "See it with `schedules`.")


@dataclass(frozen=True)
class QuestionCheck:
    """Asks a question the way its schedule will."""

    answers: Answers
    now: Callable[[], datetime]

    async def check(self, question: str, trigger: Trigger, caller: Caller) -> CheckedQuestion:
        """Ask the question once. If LaunchDarkly can't answer right now, it passes unchecked; other failures raise."""
        fetch = first_observation(question, self.now()) if isinstance(trigger, WatchTrigger) else None
        try:
            scheduled = replace(caller, zone=ZoneInfo(trigger.zone), defaults={})
            return CheckedQuestion(await self.answers.check(question, scheduled, fetch))
        except TRANSIENT_FAILURES as failure:
            return CheckedQuestion(question, failure.summary)


@dataclass(frozen=True)
class ImportRules:
    """The checks that an imported schedule has to pass, the same as in Slack."""

    parse: Callable[[str], ParsedLine]  # raises InvalidLine for a line that isn't a question
    parse_trigger: Callable[[str], Trigger]  # raises InvalidValue for other text
    access: AccessRules
    question_check: QuestionCheck | None  # None: LaunchDarkly can't be asked
    on_progress: Callable[[int, int], None]  # called with the number of questions checked, and their total
