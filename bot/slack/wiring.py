"""Builds the command handler and what it needs. Imported last, since its own imports take long."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.answers import Answers
from bot.schedules.context import SchedulerContext, Timing
from bot.schedules.question_check import CheckedQuestion, QuestionCheck
from bot.schedules.triggers import Trigger
from bot.schedules.views import WatchPreview
from bot.schedules.watch_job import preview_last_week
from bot.settings import parse_zone
from bot.slack.access import AccessRules
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import READ_RETRIES, web_client
from bot.slack.dedup import SharedDeduplicator
from bot.slack.dependencies import Dependencies
from bot.slack.handler import CommandHandler
from bot.slack.publisher import SlackPublisher
from bot.slack.responder import Responders, ResponseUrls
from bot.slack.schedule_modal import ScheduleModal
from bot.slack.shared_channels import SharedChannels
from bot.slack.users import Users
from bot.store.store import Store


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


@dataclass(frozen=True)
class Wiring:
    """Connects the parts that exist once Slack has accepted the bot token."""

    deps: Dependencies
    slack_client: AsyncWebClient
    http_session: aiohttp.ClientSession
    identity: AuthorizeResult
    answers: Answers
    store: Store

    def build_handler(self, wake: Callable[[], None]) -> CommandHandler:
        """Build the handler. Its commands call `wake` when the scheduler has something to do at once."""
        settings = self.deps.settings
        response_urls = ResponseUrls(self.http_session, settings.slack_api_url)
        return CommandHandler(
            team=self.scheduler_context.team,
            answers=self.answers,
            store=self.store,
            users=self._users,
            access_rules=self._access_rules,
            responders=Responders(self.slack_client, response_urls, self._fallback, self.deps.metrics),
            metrics=self.deps.metrics,
            now=self.deps.now,
            workspace_defaults=settings.defaults,
            progress_after=settings.progress_notice_seconds,
            scheduler_context=self.scheduler_context,
            gateway=SlackChannelGateway(self.scheduler_context, self._publisher, wake),
            schedule_modal=ScheduleModal(self.slack_client, self.store, self.answers),
            shared_channels=SharedChannels(self._read_client, self.deps.now),
            dedup=SharedDeduplicator(self.store, self.deps.now),
        )

    @cached_property
    def scheduler_context(self) -> SchedulerContext:
        """What the scheduler needs. On SQLite there is one process, which resumes its own runs after a restart."""
        settings = self.deps.settings
        return SchedulerContext(
            store=self.store,
            answers=self.answers,
            publisher=self._publisher,
            now=self.deps.now,
            team=self.identity.team_id or "",
            worker="alone" if settings.database_url.startswith("sqlite") else uuid.uuid4().hex,
            timing=Timing(
                catch_up_window=timedelta(seconds=settings.catch_up_window_seconds),
                spread=timedelta(seconds=settings.schedule_jitter_seconds),
                lease=timedelta(seconds=settings.job_lease_seconds),
                confirm_window=timedelta(seconds=settings.post_confirm_seconds),
                watch_interval=timedelta(seconds=settings.watch_poll_seconds),
                max_alerts_per_hour=settings.max_watch_alerts_per_hour,
                initial_backoff=timedelta(seconds=settings.delivery_retry_base_seconds),
            ),
            authorize=self._access_rules.authorize,
            is_project_allowed=self._access_rules.allows_project,
            on_run_closed=self.deps.metrics.run_closed,
            is_channel_allowed=self._access_rules.allows_channel,
        )

    @cached_property
    def _publisher(self) -> SlackPublisher:
        """The publisher, with a client that doesn't retry: a repeated post may appear twice."""
        settings = self.deps.settings
        return SlackPublisher(
            web_client(settings, self.http_session, []),
            self.identity,
            self._fallback,
            settings.channel_message_interval_seconds,
        )

    @cached_property
    def _fallback(self) -> BlockFallback:
        refusal_ttl = timedelta(seconds=self.deps.settings.charts_retry_seconds)
        return BlockFallback(self.store, self.deps.now, refusal_ttl)

    @cached_property
    def _users(self) -> Users:
        return Users(self._read_client, parse_zone(self.deps.settings.time_zone), self.deps.now)

    @cached_property
    def _read_client(self) -> AsyncWebClient:
        """A client that only reads, and so may retry."""
        return web_client(self.deps.settings, self.http_session, READ_RETRIES)

    @cached_property
    def _access_rules(self) -> AccessRules:
        return AccessRules.from_settings(self.deps.settings)
