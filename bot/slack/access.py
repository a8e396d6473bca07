"""Access rules: who may use the bot, where, and for which projects."""

from dataclasses import dataclass

from bot.errors import NotAllowed
from bot.lines.parser import ParsedLine
from bot.settings import Settings
from bot.slack.payloads import Interaction


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
