"""How the bot is doing, for admins: the token, beta access, the last delivery and the queue.

A check of LaunchDarkly costs one request, whatever the outcome, and holds for a minute.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.cache import FetchCache
from bot.errors import Failure, NotAllowed, TokenRejected
from bot.launchdarkly import LaunchDarkly, Reply, Version, field
from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import View
from bot.questions.scores import PATH, ScoresParams, ScoresReply
from bot.schedules.context import SchedulerContext

IDENTITY_PATH = "/api/v2/caller-identity"
CHECK_LIFETIME = timedelta(minutes=1)
CHECK_TIMEOUT = 2.0  # seconds; what takes longer is shown the next time
OK, FAILED, UNKNOWN = "✅", "❌", "❔"


class CallerIdentity(Reply):
    """Whose token it is, according to LaunchDarkly. All fields are optional, and the role isn't included."""

    name: str | None = field(name="tokenName", default=None)
    service: bool | None = field(name="serviceToken", default=None)


class HealthItem(View):
    mark: str
    says: str


class HealthView(View):
    token: HealthItem
    insights: HealthItem
    last_delivery: Timestamp | None
    queue: HealthItem


class Health:
    """Checks how the bot is doing."""

    def __init__(self, launchdarkly: LaunchDarkly, scheduler: SchedulerContext, defaults: dict[str, str]) -> None:
        """Take the workspace's default project, whose scores are read to check for access."""
        self._launchdarkly = launchdarkly.without_retries()
        self._scheduler = scheduler
        self._defaults = defaults
        self._checks = FetchCache(CHECK_LIFETIME, scheduler.now)

    async def check(self, zone: ZoneInfo) -> HealthView:
        """Return how the bot is doing."""
        runs, team, now = self._scheduler.store.runs, self._scheduler.team, self._scheduler.now()
        (token, insights), last, (count, oldest) = await asyncio.gather(
            self._check_launchdarkly(), runs.last_delivered_at(team), runs.count_open(team)
        )
        last_delivery = humanize.timestamp(to_milliseconds(last), zone) if last else None
        return HealthView(
            token=token, insights=insights, last_delivery=last_delivery, queue=_queue_item(count, oldest, now)
        )

    async def _check_launchdarkly(self) -> tuple[HealthItem, HealthItem]:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                return await self._checks.get_or_fetch("launchdarkly", self._fetch_check)
        except TimeoutError:
            return _unknown("LaunchDarkly hasn't answered yet"), _unknown("not checked")

    async def _fetch_check(self) -> tuple[HealthItem, HealthItem]:
        """Ask LaunchDarkly once. A failure is a finding, and holds as long as a success."""
        try:
            readable = await self._fetch()
        except TokenRejected as failure:
            return HealthItem(mark=FAILED, says=failure.summary), _unknown("not checked")
        except NotAllowed:
            return HealthItem(mark=OK, says="accepted"), HealthItem(mark=FAILED, says="this token or plan has none")
        except Failure as failure:
            return _unknown(failure.summary), _unknown("not checked")
        return HealthItem(mark=OK, says="accepted"), readable

    async def _fetch(self) -> HealthItem:
        """Read the default project's scores, or else whose token it is; return what that says of beta access."""
        if not self._defaults:
            await self._launchdarkly.get(CallerIdentity, IDENTITY_PATH, version=Version.CURRENT)
            return _unknown("set `DEFAULT_PROJECT` to check")
        params: Any = ScoresParams(**self._defaults)
        await self._launchdarkly.get(ScoresReply, PATH, params.api_params(), version=Version.BETA)
        return HealthItem(mark=OK, says=f"can read {params.project}/{params.env}")


def _unknown(says: str) -> HealthItem:
    return HealthItem(mark=UNKNOWN, says=says)


def _queue_item(count: int, oldest: datetime | None, now: datetime) -> HealthItem:
    """Describe the open runs. Each is done within minutes, unless something is wrong."""
    if oldest is None:
        return HealthItem(mark=OK, says="empty")
    due = humanize.time_ago(to_milliseconds(oldest), now)
    return HealthItem(
        mark=OK if now - oldest < timedelta(minutes=10) else FAILED,
        says=f"{humanize.count(count, 'run')}, the oldest due {due}",
    )
