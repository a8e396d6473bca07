"""Twelve weeks of changes and deployments, each day a pure function of the seed, the place and the day.

So tomorrow's sandbox tells of today what today's tells, only more of it, and nothing has to be written down. Nothing
lies in the future.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from bot.sandbox.launchdarkly.company import Application, Company, Config, Environment, Flag, Project
from bot.sandbox.launchdarkly.environment_events import changes, climbed
from bot.sandbox.launchdarkly.event_generator import DAY, Day, Event
from bot.sandbox.launchdarkly.global_events import SLOTS, housekeeping

WEEKS = 12
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deployment:
    at: int
    application: Application


@dataclass(frozen=True)
class Window:
    """A stretch of time in milliseconds, both ends included."""

    since: int
    until: int

    @classmethod
    def whole(cls, now: datetime) -> "Window":
        return cls(millis(now) - WEEKS * 7 * DAY, millis(now))

    def days(self) -> Iterator[date]:
        return (date.fromordinal(_EPOCH + day) for day in range(self.since // DAY, self.until // DAY + 1))

    def __contains__(self, at: int) -> bool:
        return self.since <= at <= self.until


_EPOCH = date(1970, 1, 1).toordinal()


def millis(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def dice(*names: object) -> Random:
    return Random(":".join(map(str, names)))  # noqa: S311  a past that can be told again, not a secret


class History:
    """What happened in a company. Days are derived when they are asked for the first time, and kept."""

    def __init__(self, company: Company, seed: str = "harbour") -> None:
        self.company = company
        self.seed = seed
        self._events: dict[tuple[str, str, date], list[Event]] = {}
        self._deployments: dict[tuple[str, str, date], list[Deployment]] = {}

    def events(self, project: Project, environment: Environment, window: Window) -> list[Event]:
        """Changes of the environment and of the whole project, newest first."""
        found = [
            event
            for day in window.days()
            for event in (*self._changes(project, environment, day), *self._housekeeping(project, day))
            if event.at in window
        ]
        return sorted(found, key=lambda event: event.order, reverse=True)

    def deployments(self, project: Project, environment: Environment, window: Window) -> list[Deployment]:
        """Deployments, oldest first."""
        found = [one for day in window.days() for one in self._shipped(project, environment, day) if one.at in window]
        return sorted(found, key=lambda one: one.at)

    def config(self, project: Project, environment: Environment, flag: Flag, now: datetime) -> Config:
        """What a flag does at this moment: as yesterday evening, and as today's changes left it."""
        today = now.astimezone(UTC).date()
        evening = climbed(flag.config(environment.key), flag.key, today - timedelta(days=1))
        since = Window(millis(now) // DAY * DAY, millis(now))
        left = [one.leaves for one in self.events(project, environment, since) if one.flag.key == flag.key]
        latest = next((change for change in left if change is not None), {})
        return evening.model_copy(update=dict(latest))

    def archived(self, project: Project, flag: Flag, now: datetime) -> int:
        """When an archived flag was archived for the last time."""
        days = Window(millis(now) - SLOTS * 7 * DAY, millis(now)).days()
        farewells = (one for day in days for one in self._housekeeping(project, day) if one.kind == "archived_flag")
        return max(one.at for one in farewells if one.flag.key == flag.key and one.at <= millis(now))

    def _changes(self, project: Project, environment: Environment, day: date) -> list[Event]:
        place = (project.key, environment.key, day)
        return _kept(self._events, place, lambda: changes(self._day(project, environment.key, day), environment))

    def _housekeeping(self, project: Project, day: date) -> list[Event]:
        return _kept(self._events, (project.key, "", day), lambda: housekeeping(self._day(project, "", day)))

    def _shipped(self, project: Project, environment: Environment, day: date) -> list[Deployment]:
        place = (project.key, environment.key, day)
        return _kept(self._deployments, place, lambda: self._ship(project, environment, day))

    def _ship(self, project: Project, environment: Environment, day: date) -> list[Deployment]:
        ours = self._day(project, f"{environment.key}:deployments", day)
        return [
            Deployment(ours.moment(), application)
            for application in self.company.applications_of(project)
            for _ in range(ours.many(environment.deployments * ours.dice.uniform(0.3, 1.7)))
        ]

    def _day(self, project: Project, place: str, day: date) -> Day:
        return Day(self.company, project, day, dice(self.seed, project.key, place, day))


def _kept(
    days: dict[tuple[str, str, date], list[T]], place: tuple[str, str, date], derive: Callable[[], list[T]]
) -> list[T]:
    if place not in days:
        days[place] = derive()
    return days[place]
