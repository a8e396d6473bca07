"""Ask a question once before its schedule is saved, and discard the answer.

If LaunchDarkly doesn't know or allow something in it, the failure is raised and nothing is saved. If LaunchDarkly can't
answer right now, the question may still be fine: it is saved, and the person is told that it wasn't checked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.answers import Answers, Caller
from bot.errors import TRANSIENT_FAILURES
from bot.lines.parser import ParsedLine
from bot.questions.catalog import ProjectFilter
from bot.schedules.limits import CheckedQuestion
from bot.schedules.trigger import Trigger, WatchTrigger
from bot.schedules.watches import first_observation


@dataclass(frozen=True)
class QuestionCheck:
    """Asks a question the way its schedule will."""

    answers: Answers
    authorize: Callable[[ParsedLine], None]
    is_project_allowed: ProjectFilter  # limits which projects' keys may be suggested
    now: Callable[[], datetime]

    async def check(self, question: str, trigger: Trigger, caller_id: str = "") -> CheckedQuestion:
        """Ask the question once. If LaunchDarkly can't answer right now, it passes unchecked; other failures raise."""
        fetch = first_observation(question, self.now()) if isinstance(trigger, WatchTrigger) else None
        caller = Caller(
            ZoneInfo(trigger.zone), authorize=self.authorize, allows=self.is_project_allowed, queue_key=caller_id
        )
        try:
            return CheckedQuestion(await self.answers.check(question, caller, fetch))
        except TRANSIENT_FAILURES as failure:
            return CheckedQuestion(question, failure.summary)
