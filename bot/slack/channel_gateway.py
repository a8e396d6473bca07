"""Gives commands access to the caller's channel and to the scheduler."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.schedules.context import SchedulerContext
from bot.schedules.limits import CheckedQuestion
from bot.schedules.question_check import QuestionCheck
from bot.schedules.trigger import Trigger
from bot.schedules.views import WatchPreview
from bot.schedules.watch_job import preview_last_week
from bot.slack.publisher import SlackPublisher


@dataclass(frozen=True)
class SlackChannelGateway:
    """Implements `ChannelGateway` of `bot/commands/base.py`."""

    scheduler_context: SchedulerContext
    publisher: SlackPublisher
    wake_scheduler: Callable[[], None]

    async def is_in(self, channel: str) -> bool:
        return await self.publisher.is_in(channel)

    async def link(self, channel: str, ts: str) -> str:
        return await self.publisher.permalink(channel, ts)

    async def check(self, question: str, trigger: Trigger, caller: str) -> CheckedQuestion:
        ctx = self.scheduler_context
        return await QuestionCheck(ctx.answers, ctx.authorize, ctx.is_project_allowed, ctx.now).check(
            question, trigger, caller
        )

    async def last_week(self, line: str, zone: ZoneInfo, caller: str) -> WatchPreview:
        return await preview_last_week(self.scheduler_context, line, zone.key, caller)

    def wake(self) -> None:
        self.wake_scheduler()
