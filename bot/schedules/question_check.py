"""Ask a question once before its schedule is saved, and throw the answer away.

What LaunchDarkly doesn't know or allow is raised, so nothing is saved. What LaunchDarkly can't answer right now may
still be fine: it is saved, and whoever saves it is told.
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
from bot.schedules.watch_job import first_observation


@dataclass(frozen=True)
class QuestionCheck:
    """Asks a question as its schedule will."""

    answers: Answers
    authorize: Callable[[ParsedLine], None]
    is_project_allowed: ProjectFilter  # whose keys may be suggested
    now: Callable[[], datetime]

    async def check(self, question: str, trigger: Trigger, caller_id: str = "") -> CheckedQuestion:
        """Check a question. What LaunchDarkly can't answer right now passes unchecked; any other failure is raised."""
        fetch = first_observation(question, self.now()) if isinstance(trigger, WatchTrigger) else None
        caller = Caller(
            ZoneInfo(trigger.zone), authorize=self.authorize, allows=self.is_project_allowed, queue_key=caller_id
        )
        try:
            return CheckedQuestion(await self.answers.check(question, caller, fetch))
        except TRANSIENT_FAILURES as failure:
            return CheckedQuestion(question, failure.summary)
