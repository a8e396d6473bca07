"""Who asks, and what they may do: the caller, the access rules, and the checks that every surface shares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.errors import Failure, NotAllowed
from bot.lines.parser import ParsedLine
from bot.settings import Settings


@dataclass(frozen=True)
class AccessRules:
    """Who may use the bot, where, and for which projects. An empty set allows all."""

    channels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    schedule_managers: frozenset[str] = frozenset()  # users and user groups

    @classmethod
    def from_settings(cls, settings: Settings) -> "AccessRules":
        """Read the rules from the settings."""
        names = ("allowed_channels", "allowed_users", "allowed_projects", "allowed_schedule_managers")
        return cls(*map(settings.as_set, names))

    def allows_channel(self, channel: str) -> bool:
        """Return whether the bot answers in a channel."""
        return not self.channels or channel in self.channels

    def allows_project(self, project: str | None) -> bool:
        """Return whether a project may be read; None means all of them."""
        return not self.projects or project in self.projects


NO_RULES = AccessRules()


@dataclass(frozen=True)
class Caller:
    """Who asks, and where. Without a user, it is a schedule or the command line."""

    zone: ZoneInfo
    defaults: Mapping[str, str] = field(default_factory=dict)  # of the channel
    defaults_failure: Failure | None = None  # why they are unknown
    rules: AccessRules = NO_RULES
    user: str = ""
    team: str = ""
    channel: str = ""
    is_external: bool = False  # a member of another organization
    may_command: bool = False  # the line was typed, or is on a button made for a command
    has_pressed: bool = False  # a button, which asked first if it ends something
    has_confirmed: bool = False  # what the bot would post among people of another organization
    supports_menus: bool = False


def is_direct_message(channel: str) -> bool:
    """Return whether this is a conversation of two. https://docs.slack.dev/reference/objects/conversation-object"""
    return channel.startswith("D")


class UserGroups(Protocol):
    """The user groups of a workspace."""

    async def in_groups(self, user: str, groups: Iterable[str]) -> bool:
        """Return whether a user is in one of these groups."""


def authorize(caller: Caller, line: ParsedLine | None = None) -> None:
    """Raise `NotAllowed` unless this caller may use the bot here, and read the project of the line."""
    if caller.user:
        _authorize_person(caller)
    if line:
        _authorize_project(caller.rules, line.saved_question or line)


def _authorize_person(caller: Caller) -> None:
    rules = caller.rules
    if caller.is_external:
        raise NotAllowed("I only answer members of this workspace.", "Ask one of them to share an answer here.")
    if not rules.allows_channel(caller.channel):
        _authorize_outside_channels(caller)
    if rules.users and caller.user not in rules.users:
        raise NotAllowed("You don't have access to this bot.", "Ask an admin for access.")


def _authorize_outside_channels(caller: Caller) -> None:
    """Raise `NotAllowed` in a channel that isn't enabled. Without a channel, the bot answers the allowed users."""
    if caller.channel and not is_direct_message(caller.channel):
        raise NotAllowed("I'm not enabled in this channel.", "Try another channel, or ask an admin to enable it.")
    if caller.user not in caller.rules.users:
        raise NotAllowed("I only answer in certain channels.", "Ask there, or ask an admin for access here.")


def _authorize_project(rules: AccessRules, line: ParsedLine) -> None:
    projects = line.params.projects or ((None,) if line.spec.is_question else ())  # a question without any reads all
    for project in projects:
        if not rules.allows_project(project):
            requested = f"the project {project}" if project else "all projects"
            allowed = ", ".join(sorted(rules.projects))
            raise NotAllowed(f"I can't read {requested} here.", f"Enabled projects: {allowed}.")


async def authorize_schedule_manager(caller: Caller, user_groups: UserGroups) -> None:
    """Raise `NotAllowed` unless the caller may manage schedules. Everybody may, unless the settings name some."""
    managers = caller.rules.schedule_managers
    if managers and caller.user not in managers and not await user_groups.in_groups(caller.user, managers):
        problem = "You don't have permission to manage schedules."
        raise NotAllowed(problem, "Ask someone who does, or ask an admin for access.")
