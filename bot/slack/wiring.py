"""The door, made of all that answers. It is imported last: it knows everything that takes long to import."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.answers import Answers
from bot.schedules.context import Rounds, Times
from bot.settings import zone
from bot.slack.block_fallback import Forms
from bot.slack.channel_gateway import Reached
from bot.slack.client import TROUBLES, client
from bot.slack.dedup import OnceForAll
from bot.slack.dependencies import Parts
from bot.slack.handler import Door
from bot.slack.publisher import Posting
from bot.slack.responder import Delivery
from bot.slack.response_url import Responses
from bot.slack.schedule_modal import Changing
from bot.slack.shared_channels import SharedChannels
from bot.slack.users import Allowed, People
from bot.store.store import Store


@dataclass(frozen=True)
class Opening:
    """What is there when the door is made, and what is made of it."""

    parts: Parts
    slack: AsyncWebClient
    calls: aiohttp.ClientSession
    me: AuthorizeResult
    answers: Answers
    store: Store

    def door(self, wake: Callable[[], None]) -> Door:
        """The door of the bot in its team."""
        settings = self.parts.settings
        responses = Responses(self.calls, settings.slack_api_url)
        return Door(
            team=self.rounds.team,
            answers=self.answers,
            store=self.store,
            people=self._people,
            allowed=self._allowed,
            delivery=Delivery(self.slack, responses, self._forms, self.parts.metrics),
            metrics=self.parts.metrics,
            now=self.parts.now,
            defaults=settings.defaults,
            patience=settings.word_seconds,
            rounds=self.rounds,
            reach=Reached(self.rounds, self._posting, wake),
            changing=Changing(self.slack, self.store, self.answers),
            shared_channels=SharedChannels(self._reading, self.parts.now),
            once=OnceForAll(self.store, self.parts.now),
        )

    @cached_property
    def rounds(self) -> Rounds:
        """What works by the clock. SQLite has one process, which takes up after a restart what it had begun before."""
        settings = self.parts.settings
        return Rounds(
            store=self.store,
            answers=self.answers,
            post=self._posting,
            now=self.parts.now,
            team=self.me.team_id or "",
            me="alone" if settings.database_url.startswith("sqlite") else uuid.uuid4().hex,
            times=Times(
                window=timedelta(seconds=settings.window_seconds),
                spread=timedelta(seconds=settings.spread_seconds),
                lease=timedelta(seconds=settings.lease_seconds),
                settling=timedelta(seconds=settings.settle_seconds),
                watch=timedelta(seconds=settings.watch_seconds),
                storm=settings.storm_per_hour,
                first_wait=timedelta(seconds=settings.retry_seconds),
            ),
            may=self._allowed.may,
            allows=self._allowed.allows,
            closed=self.parts.metrics.closed,
            speaks_in=self._allowed.speaks_in,
        )

    @cached_property
    def _posting(self) -> Posting:
        """With a client that repeats nothing by itself."""
        settings = self.parts.settings
        return Posting(client(settings, self.calls, []), self.me, self._forms, settings.gap_seconds)

    @cached_property
    def _forms(self) -> Forms:
        believed = timedelta(seconds=self.parts.settings.charts_seconds)
        return Forms(self.store, self.parts.now, believed)

    @cached_property
    def _people(self) -> People:
        return People(self._reading, zone(self.parts.settings.time_zone), self.parts.now)

    @cached_property
    def _reading(self) -> AsyncWebClient:
        """A client that only reads, and so may repeat its calls."""
        return client(self.parts.settings, self.calls, TROUBLES)

    @cached_property
    def _allowed(self) -> Allowed:
        return Allowed.of(self.parts.settings)
