"""How far an order reaches from a channel: into it, and to the bot's work by the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.schedules.context import Rounds
from bot.schedules.limits import CheckedQuestion
from bot.schedules.question_check import QuestionCheck
from bot.schedules.trigger import Rhythm
from bot.schedules.views import Week
from bot.schedules.watch_job import last_week
from bot.slack.publisher import Posting


@dataclass(frozen=True)
class Reached:
    """What `commands/base.py` wants of Slack."""

    rounds: Rounds
    posting: Posting
    wakes: Callable[[], None]

    async def is_in(self, channel: str) -> bool:
        return await self.posting.is_in(channel)

    async def link(self, channel: str, ts: str) -> str:
        return await self.posting.link(channel, ts)

    async def check(self, question: str, found: Rhythm, caller: str) -> CheckedQuestion:
        rounds = self.rounds
        return await QuestionCheck(rounds.answers, rounds.may, rounds.allows, rounds.now).ask(question, found, caller)

    async def last_week(self, line: str, zone: ZoneInfo, caller: str) -> Week:
        return await last_week(self.rounds, line, zone.key, caller)

    def wake(self) -> None:
        self.wakes()
