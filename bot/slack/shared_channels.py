"""Detects channels shared with another organization (Slack Connect), and asks before the bot posts in one."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.lines.spec import MAX_BUTTON_LINE_CHARS
from bot.questions.base import View
from bot.slack.client import error_code
from bot.slack.payloads import CONFIRMED_PREFIX
from bot.slack.users import LOOKUP_ERRORS

log = logging.getLogger(__name__)

SHARED_TTL, FAILED_LOOKUP_TTL = timedelta(minutes=5), timedelta(seconds=30)
MAX_CACHED_CHANNELS = 1000
LOOKUP_TIMEOUT = 2  # seconds


class ConfirmView(View):
    """What would be posted in a shared channel, and the button that confirms it."""

    line: str
    when: str
    command: str  # the button's line; empty if it is too long for a button
    action: str

    @property
    def notice_template(self) -> str:
        return "confirm_shared"


def confirmation_view(action: str, command: str, line: str, when: str) -> ConfirmView:
    """Build the question that the caller must confirm before an answer is posted."""
    button_line = command if len(command) <= MAX_BUTTON_LINE_CHARS else ""
    return ConfirmView(line=line, when=when, command=button_line, action=f"{CONFIRMED_PREFIX}{action}")


class SharedChannels:
    """Looks up whether a channel is shared with another organization, and caches that for a few minutes.

    Slack knows it for each channel that the bot is in, and for each public one. If the lookup fails, the last known
    value holds, or else the channel counts as not shared: people who must confirm everywhere stop reading.
    """

    def __init__(
        self, client: AsyncWebClient, now: Callable[[], datetime], max_channels: int = MAX_CACHED_CHANNELS
    ) -> None:
        self._client = client
        self._now = now
        self._max_channels = max_channels
        self._cache: OrderedDict[str, tuple[bool, datetime]] = OrderedDict()

    async def is_shared(self, channel: str) -> bool:
        """Return whether people of another organization read this channel."""
        shared, expires_at = self._cache.get(channel, (False, self._now()))
        if expires_at <= self._now():
            fetched = await self._fetch(channel)
            shared = shared if fetched is None else fetched
            self._remember(channel, shared, FAILED_LOOKUP_TTL if fetched is None else SHARED_TTL)
        return shared

    def _remember(self, channel: str, shared: bool, ttl: timedelta) -> None:
        self._cache[channel] = shared, self._now() + ttl
        self._cache.move_to_end(channel)
        if len(self._cache) > self._max_channels:
            self._cache.popitem(last=False)

    async def _fetch(self, channel: str) -> bool | None:
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT):
                info = (await self._client.conversations_info(channel=channel))["channel"]
            return bool(info.get("is_ext_shared"))
        except LOOKUP_ERRORS as error:
            code = error_code(error)[1] if isinstance(error, SlackApiError) else ""
            log.warning("whether %s is shared is not known: %s", channel, code or type(error).__name__)
            return None
