"""Looks up people, user groups and channels in Slack, and caches what it learns for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import is_direct_message
from bot.cache import BoundedCache
from bot.commands.base import Membership
from bot.schedules.delivery_errors import ChannelClosed, DeliveryError
from bot.slack.client import SLACK_UNAVAILABLE, as_delivery_errors, error_name, granted_scopes, require

T = TypeVar("T")

log = logging.getLogger(__name__)

PROFILE_TTL, FAILED_PROFILE_TTL = timedelta(hours=1), timedelta(minutes=1)
GROUP_TTL, FAILED_GROUP_TTL = timedelta(minutes=5), timedelta(minutes=1)  # short, so that new members needn't wait
SHARED_TTL, FAILED_SHARED_TTL = timedelta(minutes=5), timedelta(seconds=30)
MEMBERSHIP_TTL = timedelta(minutes=1)  # short, so that what people see of a channel ends soon after they leave it
CHANNELS_PER_CALL, MAX_CHANNEL_CALLS = 999, 5
MAX_CACHED = 5000  # people, groups and channels, each
JOIN_SCOPE = "channels:join"  # optional
LOOKUP_TIMEOUT = 2  # seconds; short, since an answer waits for it


@dataclass(frozen=True)
class Profile:
    """What the bot reads of a person's profile: their time zone, and the organization that they belong to."""

    zone: ZoneInfo | None
    team: str


UNKNOWN_PROFILE = Profile(None, "")


class SlackDirectory:
    """Implements `Directory` of `bot/commands/base.py`. No lookup raises."""

    def __init__(
        self,
        client: AsyncWebClient,
        default_zone: ZoneInfo,
        now: Callable[[], datetime],
        max_cached: int = MAX_CACHED,
    ) -> None:
        self._client = client
        self.default_zone = default_zone
        self._profiles = BoundedCache[str, Profile](max_cached, now)
        self._channels = BoundedCache[str, frozenset[str]](max_cached, now)
        self._groups = BoundedCache[str, frozenset[str]](max_cached, now)
        self._shared = BoundedCache[str, bool](max_cached, now, keep_expired=True)
        self._groups_lock = asyncio.Lock()  # Slack allows some twenty of these calls a minute

    async def zone(self, user: str) -> ZoneInfo:
        """Return the time zone of a user's Slack profile, or the default zone if the lookup fails."""
        return (await self._profile(user)).zone or self.default_zone

    async def home_team(self, user: str) -> str:
        """Return the organization that a person belongs to, or "" if the lookup fails."""
        return (await self._profile(user)).team

    async def _profile(self, user: str) -> Profile:
        if (cached := self._profiles.get(user)) is not None:
            return cached
        profile = await _lookup(f"the profile of {user}", self._fetch_profile(user)) or UNKNOWN_PROFILE
        self._profiles.put(user, profile, PROFILE_TTL if profile.zone else FAILED_PROFILE_TTL)
        return profile

    async def channels_of(self, user: str) -> frozenset[str] | None:
        """Return the channels that a person is in, without private ones that the bot isn't in; None if Slack fails."""
        if (cached := self._channels.get(user)) is not None:
            return cached
        channels = await _lookup(f"the channels of {user}", self._fetch_channels(user))
        if channels is not None:
            self._channels.put(user, channels, MEMBERSHIP_TTL)
        return channels

    async def in_groups(self, user: str, groups: Iterable[str]) -> bool:
        """Return whether a user is in one of these user groups. If a lookup fails, they aren't."""
        for group in groups:
            if user in await self._members_of(group):
                return True
        return False

    async def _members_of(self, group: str) -> frozenset[str]:
        async with self._groups_lock:
            if (cached := self._groups.get(group)) is not None:
                return cached
            fetched = await _lookup(f"who is in {group}", self._fetch_members(group))
            members = fetched or frozenset()
            self._groups.put(group, members, FAILED_GROUP_TTL if fetched is None else GROUP_TTL)
            return members

    async def is_shared(self, channel: str) -> bool:
        """Return whether people of another organization read a channel (Slack Connect).

        Slack knows it for each channel that the bot is in, and for each public one. If the lookup fails, the last known
        value holds, or else the channel counts as not shared: people who must confirm everywhere stop reading.
        """
        if is_direct_message(channel):  # the bot answers only its own organization's people there
            return False
        if (cached := self._shared.get(channel)) is not None:
            return cached
        fetched = await _lookup(f"whether {channel} is shared", self._fetch_shared(channel))
        shared = bool(self._shared.get_expired(channel)) if fetched is None else fetched
        self._shared.put(channel, shared, FAILED_SHARED_TTL if fetched is None else SHARED_TTL)
        return shared

    async def membership(self, channel: str) -> Membership:
        return await fetch_membership(self._client, channel)

    async def _fetch_profile(self, user: str) -> Profile:
        profile = (await self._client.users_info(user=user))["user"]
        try:
            zone = ZoneInfo(profile["tz"])
        except (KeyError, TypeError, ValueError, OSError):
            zone = None
        return Profile(zone, str(profile.get("team_id") or ""))

    async def _fetch_channels(self, user: str) -> frozenset[str]:
        """Fetch a person's channels, and remember which are shared: Slack says both at once."""
        found, cursor = set[str](), ""
        for _ in range(MAX_CHANNEL_CALLS):
            page = await self._client.users_conversations(
                user=user, types="public_channel,private_channel", limit=CHANNELS_PER_CALL, cursor=cursor
            )
            for channel in page["channels"]:
                found.add(channel["id"])
                self._shared.put(channel["id"], bool(channel.get("is_ext_shared")), SHARED_TTL)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return frozenset(found)

    async def _fetch_members(self, group: str) -> frozenset[str]:
        return frozenset((await self._client.usergroups_users_list(usergroup=group))["users"])

    async def _fetch_shared(self, channel: str) -> bool:
        return bool((await self._client.conversations_info(channel=channel))["channel"].get("is_ext_shared"))


async def fetch_membership(client: AsyncWebClient, channel: str) -> Membership:
    """Return whether the bot is in a channel, and if not, whether it may join by itself: only a public one."""
    if is_direct_message(channel):  # Slack says it only with another scope
        return Membership(is_member=True)
    try:
        with as_delivery_errors():
            reply = await client.conversations_info(channel=channel)
            info = require(reply, "channel")
    except ChannelClosed:
        return Membership(is_member=False)
    except DeliveryError:
        return Membership(is_member=True)
    is_member = bool(info.get("is_member", True))
    is_open = bool(info.get("is_channel")) and not (info.get("is_private") or info.get("is_archived"))
    can_join = not is_member and is_open and JOIN_SCOPE in (granted_scopes(reply) or ())
    return Membership(is_member=is_member, join_channel=channel if can_join else "")


async def _lookup(what: str, fetch: Awaitable[T]) -> T | None:
    """Return what was looked up, or None if Slack doesn't say in time."""
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT):
            return await fetch
    except SLACK_UNAVAILABLE as error:
        log.warning("couldn't look up %s: %s", what, error_name(error))
        return None
