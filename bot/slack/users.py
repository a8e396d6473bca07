"""Access rules, and what the bot looks up about people: time zones and user groups."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from bot.lines.parser import ParsedLine
from bot.settings import Settings
from bot.slack.client import error_code
from bot.slack.payloads import Interaction

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


@dataclass(frozen=True)
class AccessRules:
    """Who may use the bot, where, and for which projects. An empty set allows all."""

    channels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    schedulers: frozenset[str] = frozenset()  # users and user groups

    @classmethod
    def from_settings(cls, settings: Settings) -> "AccessRules":
        """Read the rules from the settings."""
        return cls(*(settings.as_set(f"allowed_{name}") for name in ("channels", "users", "projects", "schedulers")))

    def check_interaction(self, interaction: Interaction, team: str) -> None:
        """Raise `NotAllowed` unless this person may use the bot here. External (Slack Connect) users may not."""
        if interaction.home_team != team or interaction.team != team:
            raise NotAllowed("I only answer people of this workspace.", "Ask one of them to share the answer here.")
        if not self.allows_channel(interaction.channel):
            raise NotAllowed(
                "I am not to answer in this channel.", "Ask in another one, or ask an admin to allow this."
            )
        if self.users and interaction.user not in self.users:
            raise NotAllowed("You are not among those whom I am to answer.", "Ask an admin to allow it.")

    def allows_channel(self, channel: str) -> bool:
        """Return whether the bot answers in a channel."""
        return not self.channels or channel in self.channels

    def allows_project(self, project: str | None) -> bool:
        """Return whether a project may be read; None means all of them."""
        return not self.projects or project in self.projects

    def authorize(self, parsed: ParsedLine) -> None:
        """Raise `NotAllowed` if the line reads a project that isn't allowed."""
        project = getattr(parsed.params, "project", None)
        reads_project = parsed.spec.is_question or project  # a command needs no project
        if reads_project and not self.allows_project(project):
            requested = f"the project {project}" if project else "all projects"
            allowed = ", ".join(sorted(self.projects))
            raise NotAllowed(f"I am not to tell about {requested}.", f"I may tell about {allowed}.")


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
