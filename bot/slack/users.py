"""Whose zone it is, who may ask what, who is in which user group, and who is a guest of another house."""

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
from bot.lines.parser import Understood
from bot.settings import Settings
from bot.slack.client import told
from bot.slack.payloads import Incoming

log = logging.getLogger(__name__)

KNOWN_FOR, UNKNOWN_FOR = timedelta(hours=1), timedelta(minutes=1)
MEMBERS_FOR = timedelta(minutes=5)  # whoever is put into a group does not want to wait
PATIENCE = 2  # seconds
# AttributeError: what slack_sdk makes of an answer that is no JSON.
UNKNOWN = (
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
class Allowed:
    """Who may ask, where, and about what. An empty list lets everybody and everything through."""

    channels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    schedulers: frozenset[str] = frozenset()  # and groups of people

    @classmethod
    def of(cls, settings: Settings) -> "Allowed":
        """What the settings allow."""
        return cls(*(settings.listed(f"allowed_{name}") for name in ("channels", "users", "projects", "schedulers")))

    def check(self, incoming: Incoming, team: str) -> None:
        """Whether this person may ask here at all."""
        if incoming.home != team or incoming.team != team:
            raise NotAllowed("I only answer people of this workspace.", "Ask one of them to share the answer here.")
        if not self.speaks_in(incoming.channel):
            raise NotAllowed(
                "I am not to answer in this channel.", "Ask in another one, or ask an admin to allow this."
            )
        if self.users and incoming.user not in self.users:
            raise NotAllowed("You are not among those whom I am to answer.", "Ask an admin to allow it.")

    def speaks_in(self, channel: str) -> bool:
        """Whether anything is answered in a channel."""
        return not self.channels or channel in self.channels

    def allows(self, project: str | None) -> bool:
        """Whether a project may be told of; None stands for all of them."""
        return not self.projects or project in self.projects

    def may(self, understood: Understood) -> None:
        """Whether this may be asked."""
        project = getattr(understood.query, "project", None)
        asks = understood.spoken.is_question or project  # an order may well name none
        if asks and not self.allows(project):
            asked = f"the project {project}" if project else "all projects"
            known = ", ".join(sorted(self.projects))
            raise NotAllowed(f"I am not to tell about {asked}.", f"I may tell about {known}.")


class People:
    """Asks Slack once an hour where somebody is, and every few minutes who is in a user group."""

    def __init__(self, client: AsyncWebClient, elsewhere: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._client = client
        self._elsewhere = elsewhere
        self._now = now
        self._zones: dict[str, tuple[ZoneInfo, datetime]] = {}
        self._members: dict[str, tuple[frozenset[str], datetime]] = {}
        self._counting = asyncio.Lock()  # Slack lets itself be asked this some twenty times a minute

    async def zone(self, user: str) -> ZoneInfo:
        """The zone that somebody chose in Slack; where that cannot be had, the one of the settings."""
        zone, until = self._zones.get(user, (self._elsewhere, self._now()))
        if until <= self._now():
            asked = await self._asked(user)
            zone = asked or self._elsewhere
            self._zones[user] = zone, self._now() + (KNOWN_FOR if asked else UNKNOWN_FOR)
        return zone

    async def _asked(self, user: str) -> ZoneInfo | None:
        """What Slack says within a moment: the answer does not wait for that."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.users_info(user=user)
            return ZoneInfo(answer["user"]["tz"])
        except UNKNOWN as error:
            log.warning("the zone of %s is not known: %s", user, type(error).__name__)
            return None

    async def in_groups(self, user: str, groups: Iterable[str]) -> bool:
        """Whether somebody is in one of these user groups; where Slack does not say, they are in none."""
        for group in groups:
            if user in await self._in(group):
                return True
        return False

    async def _in(self, group: str) -> frozenset[str]:
        async with self._counting:
            members, until = self._members.get(group, (frozenset[str](), self._now()))
            if until <= self._now():
                asked = await self._asked_for(group)
                members = asked or frozenset()
                self._members[group] = members, self._now() + (UNKNOWN_FOR if asked is None else MEMBERS_FOR)
            return members

    async def _asked_for(self, group: str) -> frozenset[str] | None:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.usergroups_users_list(usergroup=group)
            return frozenset(answer["users"])
        except UNKNOWN as error:
            why = told(error)[1] if isinstance(error, SlackApiError) else ""
            log.warning("who is in %s is not known: %s", group, why or type(error).__name__)
            return None
