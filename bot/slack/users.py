"""Looks up time zones and the members of user groups in Slack."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import error_code

log = logging.getLogger(__name__)

ZONE_TTL, FAILED_LOOKUP_TTL = timedelta(hours=1), timedelta(minutes=1)
GROUP_MEMBERS_TTL = timedelta(minutes=5)  # short, so that new members needn't wait
LOOKUP_TIMEOUT = 2  # seconds
# AttributeError: what slack_sdk raises for a response that isn't JSON.
LOOKUP_ERRORS = (
    SlackClientError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)


class Users:
    """Looks up time zones and the members of user groups, and caches both."""

    def __init__(self, client: AsyncWebClient, default_zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._client = client
        self._default_zone = default_zone
        self._now = now
        self._zones: dict[str, tuple[ZoneInfo, datetime]] = {}
        self._group_members: dict[str, tuple[frozenset[str], datetime]] = {}
        self._groups_lock = asyncio.Lock()  # Slack allows some twenty of these calls a minute

    async def zone(self, user: str) -> ZoneInfo:
        """Return the time zone of a user's Slack profile, or the default zone if the lookup fails."""
        zone, expires_at = self._zones.get(user, (self._default_zone, self._now()))
        if expires_at <= self._now():
            fetched = await self._fetch_zone(user)
            zone = fetched or self._default_zone
            self._zones[user] = zone, self._now() + (ZONE_TTL if fetched else FAILED_LOOKUP_TTL)
        return zone

    async def _fetch_zone(self, user: str) -> ZoneInfo | None:
        """Look up the zone, with a short timeout: the answer shouldn't wait for it."""
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT):
                response = await self._client.users_info(user=user)
            return ZoneInfo(response["user"]["tz"])
        except LOOKUP_ERRORS as error:
            log.warning("the zone of %s is not known: %s", user, type(error).__name__)
            return None

    async def in_groups(self, user: str, groups: Iterable[str]) -> bool:
        """Return whether a user is in one of these user groups. If a lookup fails, they aren't."""
        for group in groups:
            if user in await self._members_of(group):
                return True
        return False

    async def _members_of(self, group: str) -> frozenset[str]:
        async with self._groups_lock:
            members, expires_at = self._group_members.get(group, (frozenset[str](), self._now()))
            if expires_at <= self._now():
                fetched = await self._fetch_members(group)
                members = fetched or frozenset()
                ttl = FAILED_LOOKUP_TTL if fetched is None else GROUP_MEMBERS_TTL
                self._group_members[group] = members, self._now() + ttl
            return members

    async def _fetch_members(self, group: str) -> frozenset[str] | None:
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT):
                response = await self._client.usergroups_users_list(usergroup=group)
            return frozenset(response["users"])
        except LOOKUP_ERRORS as error:
            code = error_code(error)[1] if isinstance(error, SlackApiError) else ""
            log.warning("who is in %s is not known: %s", group, code or type(error).__name__)
            return None
