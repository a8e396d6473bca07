"""Ask a question once before its schedule is saved, and throw the answer away.

What LaunchDarkly doesn't know or allow is raised, so nothing is saved. What LaunchDarkly can't answer right now may
still be fine: it is saved, and whoever saves it is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.answers import Answers, Asker
from bot.errors import PASSING
from bot.lines.parser import Understood
from bot.questions.catalog import Allows
from bot.schedules.limits import CheckedQuestion
from bot.schedules.trigger import Rhythm, Watch
from bot.schedules.watch_job import first_look


@dataclass(frozen=True)
class QuestionCheck:
    """Asks a question as its schedule will."""

    answers: Answers
    may: Callable[[Understood], None]
    allows: Allows  # whose keys may be suggested
    now: Callable[[], datetime]

    async def ask(self, question: str, found: Rhythm, caller: str = "") -> CheckedQuestion:
        """Check a question. What LaunchDarkly can't answer right now passes unchecked; any other failure is raised."""
        fetch = first_look(question, self.now()) if isinstance(found, Watch) else None
        asker = Asker(ZoneInfo(found.zone), may=self.may, allows=self.allows, caller=caller)
        try:
            return CheckedQuestion(await self.answers.check(question, asker, fetch))
        except PASSING as failure:
            return CheckedQuestion(question, failure.what)
