"""Ask a question once before its schedule is saved, and throw the answer away.

What LaunchDarkly doesn't know or allow is raised, so nothing is saved. What LaunchDarkly can't answer right now may
still be fine: it is saved, and whoever saves it is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.answer import Answers, Asker
from bot.errors import PASSING
from bot.question import Understood
from bot.schedules.looking import first_look
from bot.schedules.rhythm import Rhythm, Watch
from bot.store import Asking


@dataclass(frozen=True)
class QuestionCheck:
    """Asks a question as its schedule will."""

    answers: Answers
    may: Callable[[Understood], None]
    now: Callable[[], datetime]

    async def ask(self, question: str, found: Rhythm) -> str:
        """Why the question can't be checked right now, or nothing. Any other failure is raised."""
        try:
            await self._ask(question, found)
        except PASSING as failure:
            return failure.what
        return ""

    async def _ask(self, question: str, found: Rhythm) -> None:
        if isinstance(found, Watch):
            await first_look(self.answers, self.may, Asking("", question, found.zone, self.now()))
        else:
            await self.answers.check(question, Asker(ZoneInfo(found.zone), may=self.may))
