"""What an endpoint may read while it answers: the company, its history, the time, and quirks of the server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.launchdarkly.company import Company, Environment, Project
from bot.sandbox.launchdarkly.errors import not_found
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS, HOUR_MILLIS, MIN_FLAG_AGE_DAYS
from bot.sandbox.launchdarkly.history import HISTORY_WEEKS, History, Window, millis

Json = dict[str, Any]


@dataclass(frozen=True)
class RequestContext:
    """The company at one moment.

    `only_rfc3339` and `only_millis` exist because it isn't known which time format the real deployments chart takes.
    """

    company: Company
    history: History
    now: datetime
    only_rfc3339: bool = False
    only_millis: bool = False

    @property
    def millis(self) -> int:
        return millis(self.now)

    def days_ago(self, days: int) -> int:
        """Convert a number of days in the company's file to a time. Old dates stay the same for twelve weeks."""
        step = HISTORY_WEEKS * 7 * DAY_MILLIS if days > MIN_FLAG_AGE_DAYS else DAY_MILLIS
        return self.millis // step * step - days * DAY_MILLIS + 10 * HOUR_MILLIS

    def project(self, key: str) -> Project:
        project = self.company.project(key)
        if project is None:
            raise not_found()
        return project

    def project_env(self, project_key: str, environment_key: str) -> tuple[Project, Environment]:
        project = self.project(project_key)
        environment = project.environment(environment_key)
        if environment is None:
            raise not_found()
        return project, environment

    def window(self, since: int | None, until: int | None) -> Window:
        """Return a time window: seven days by default, and never more than the history covers."""
        full = Window.full(self.now)
        since = self.millis - 7 * DAY_MILLIS if since is None else since
        until = self.millis if until is None else until
        return Window(max(since, full.since), min(until, full.until))
