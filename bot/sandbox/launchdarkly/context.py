"""What an endpoint may look at while it answers: the company, its history, the time, and the server's habits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.launchdarkly.company import Company, Environment, Project
from bot.sandbox.launchdarkly.errors import not_found
from bot.sandbox.launchdarkly.event_generator import DAY, HOUR, OLD
from bot.sandbox.launchdarkly.history import WEEKS, History, Window, millis

Json = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The world at one moment. Nobody knows which form of time the real deployment chart takes, so both exist."""

    company: Company
    history: History
    now: datetime
    only_rfc3339: bool = False
    only_millis: bool = False

    @property
    def millis(self) -> int:
        return millis(self.now)

    def days_ago(self, days: int) -> int:
        """A day from the company's file. What is old already has a date that stays the same for twelve weeks."""
        step = WEEKS * 7 * DAY if days > OLD else DAY
        return self.millis // step * step - days * DAY + 10 * HOUR

    def project(self, key: str) -> Project:
        project = self.company.project(key)
        if project is None:
            raise not_found()
        return project

    def place(self, project_key: str, environment_key: str) -> tuple[Project, Environment]:
        project = self.project(project_key)
        environment = project.environment(environment_key)
        if environment is None:
            raise not_found()
        return project, environment

    def window(self, since: int | None, until: int | None) -> Window:
        """The last seven days unless told otherwise, and never more than there is history."""
        whole = Window.whole(self.now)
        since = self.millis - 7 * DAY if since is None else since
        until = self.millis if until is None else until
        return Window(max(since, whole.since), min(until, whole.until))
