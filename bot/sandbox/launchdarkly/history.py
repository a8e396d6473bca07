"""Twelve weeks of flag events and deployments, each day a pure function of the seed, project, environment and date.

So a day looks the same whenever it is read, and nothing has to be stored. Nothing happens in the future.

Stories are changes that are told in the company's file, last for up to weeks, and recur: outages, and rollouts taken
back. A story ends as it began, so a flag's state depends only on the date.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import TypeVar

from bot.sandbox.launchdarkly.company import (
    Application,
    Company,
    Config,
    Environment,
    Flag,
    Project,
    Step,
    Story,
    harbour_goods,
)
from bot.sandbox.launchdarkly.event_generator import (
    ARCHIVE_CYCLE_WEEKS,
    DAY_MILLIS,
    Change,
    Day,
    Event,
    generate_environment_events,
    generate_global_events,
    ramped_config,
    rollout_event,
    served_shares,
)

HISTORY_WEEKS = 12
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of an application."""

    at: int
    application: Application


@dataclass(frozen=True)
class Window:
    """A time window in epoch milliseconds, both ends included."""

    since: int
    until: int

    @classmethod
    def full(cls, now: datetime) -> "Window":
        return cls(millis(now) - HISTORY_WEEKS * 7 * DAY_MILLIS, millis(now))

    def days(self) -> Iterator[date]:
        return (date.fromordinal(_EPOCH + day) for day in range(self.since // DAY_MILLIS, self.until // DAY_MILLIS + 1))

    def __contains__(self, at: int) -> bool:
        return self.since <= at <= self.until


_EPOCH = date(1970, 1, 1).toordinal()


def millis(time: datetime) -> int:
    """Convert a time to epoch milliseconds."""
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def seeded_rng(*names: object) -> Random:
    """Return a random generator that is the same for the same names."""
    return Random(":".join(map(str, names)))  # noqa: S311  reproducible on purpose, not a secret


class History:
    """The events and deployments of a company. Days are derived on first use, and cached."""

    def __init__(self, company: Company, seed: str = "harbour") -> None:
        self.company = company
        self.seed = seed
        self._events: dict[tuple[str, str, date], list[Event]] = {}
        self._deployments: dict[tuple[str, str, date], list[Deployment]] = {}
        self._modified: dict[tuple[str, str], tuple[datetime, dict[str, int]]] = {}

    def events(self, project: Project, environment: Environment, window: Window) -> list[Event]:
        """Return the events of an environment and of its whole project, newest first."""
        events = [
            event
            for day in window.days()
            for event in (*self._environment_events(project, environment, day), *self._global_events(project, day))
            if event.at in window
        ]
        return sorted(events, key=lambda event: event.sort_key, reverse=True)

    def deployments(self, project: Project, environment: Environment, window: Window) -> list[Deployment]:
        """Return the deployments in an environment, oldest first."""
        deployments = [
            one for day in window.days() for one in self._deployments_on(project, environment, day) if one.at in window
        ]
        return sorted(deployments, key=lambda one: one.at)

    def config(self, project: Project, environment: Environment, flag: Flag, now: datetime) -> Config:
        """Return a flag's targeting now: yesterday's at the end of the day, plus today's changes."""
        yesterday = now.astimezone(UTC).date() - timedelta(days=1)
        yesterdays_config = ramped_config(flag.config(environment.key), flag.key, yesterday)
        earlier_change = _config_by_stories(self.company, project, environment, flag, yesterday)
        today_so_far = Window(millis(now) // DAY_MILLIS * DAY_MILLIS, millis(now))
        lasting_changes = [
            one.lasting_change for one in self.events(project, environment, today_so_far) if one.flag.key == flag.key
        ]
        latest_change = next((change for change in lasting_changes if change is not None), {})
        return yesterdays_config.model_copy(update=earlier_change | dict(latest_change))

    def last_modified(self, project: Project, environment: Environment, now: datetime) -> dict[str, int]:
        """Return when the targeting of each flag was last modified, of those with events.

        The latest result for an environment is kept, since it is needed for each flag of a list.
        """
        key = (project.key, environment.key)
        if key not in self._modified or self._modified[key][0] != now:
            oldest_first = reversed(self.events(project, environment, Window.full(now)))
            times = {event.flag.key: event.at for event in oldest_first if event.environment is not None}
            self._modified[key] = now, times
        return self._modified[key][1]

    def archived_at(self, project: Project, flag: Flag, now: datetime) -> int:
        """Return when an archived flag was last archived."""
        days = Window(millis(now) - ARCHIVE_CYCLE_WEEKS * 7 * DAY_MILLIS, millis(now)).days()
        archive_events = (
            one for day in days for one in self._global_events(project, day) if one.kind == "archived_flag"
        )
        return max(one.at for one in archive_events if one.flag.key == flag.key and one.at <= millis(now))

    def _environment_events(self, project: Project, environment: Environment, day: date) -> list[Event]:
        key = (project.key, environment.key, day)
        return _get_or_derive(
            self._events,
            key,
            lambda: [
                *generate_environment_events(self._day(project, environment.key, day), environment),
                *_story_events(self._day(project, f"{environment.key}:stories", day), environment),
            ],
        )

    def _global_events(self, project: Project, day: date) -> list[Event]:
        return _get_or_derive(
            self._events, (project.key, "", day), lambda: generate_global_events(self._day(project, "", day))
        )

    def _deployments_on(self, project: Project, environment: Environment, day: date) -> list[Deployment]:
        key = (project.key, environment.key, day)
        return _get_or_derive(self._deployments, key, lambda: self._generate_deployments(project, environment, day))

    def _generate_deployments(self, project: Project, environment: Environment, day: date) -> list[Deployment]:
        generator = self._day(project, f"{environment.key}:deployments", day)
        return [
            Deployment(generator.random_time(), application)
            for application in self.company.applications_of(project)
            for _ in range(generator.random_count(environment.deployments * generator.rng.uniform(0.3, 1.7)))
        ]

    def _day(self, project: Project, scope: str, day: date) -> Day:
        return Day(self.company, project, day, seeded_rng(self.seed, project.key, scope, day))


@cache
def harbour_history() -> History:
    """Return the history of the company that ships with the sandbox."""
    return History(harbour_goods())


def _get_or_derive(
    days: dict[tuple[str, str, date], list[T]], key: tuple[str, str, date], derive: Callable[[], list[T]]
) -> list[T]:
    if key not in days:
        days[key] = derive()
    return days[key]


# -------------------------------------------------------------------------------------------------------------- stories


def _story_events(day: Day, environment: Environment) -> Iterator[Event]:
    """Yield a day's events of the stories in an environment."""
    for story in day.company.stories_in(day.project, environment):
        flag = day.company.flag(day.project, story.flag)
        if flag is not None:
            yield from _story_events_on(day, environment, flag, story)


def _config_by_stories(
    company: Company, project: Project, environment: Environment, flag: Flag, day: date
) -> dict[str, object]:
    """Return the fields of a flag's `Config` that its stories have changed by the end of a day."""
    changes: dict[str, object] = {}
    for story in company.stories_in(project, environment):
        if story.flag == flag.key:
            for step in story.steps:
                changes |= step.change if step.day <= _story_day(story, day) else {}
    return changes


def _story_day(story: Story, day: date) -> int:
    """Return how many days a story has gone on for, counted from the Monday on which it began."""
    days = day.toordinal() - 1  # day 0 was a Monday
    return (days - story.week * 7) % (story.every * 7)


def _story_events_on(day: Day, environment: Environment, flag: Flag, story: Story) -> Iterator[Event]:
    config = flag.config(environment.key)
    lasting_change: dict[str, object] = {}
    for step in story.steps:
        lasting_change |= step.change
        change, config = Change(day, environment, flag, config), config.model_copy(update=step.change)
        if step.day == _story_day(story, day.date):
            event = _story_event(change, config, step, dict(lasting_change))
            yield replace(event, member=day.company.person(step.by), comment=step.comment)


def _story_event(change: Change, after: Config, step: Step, lasting_change: dict[str, object]) -> Event:
    at = change.day.start + step.millis
    if step.rollout:
        return rollout_event(change, after, at, lasting_change)
    kind = "enabled_targeting" if step.on else "disabled_targeting"
    return change.event(at, kind, step.comment, served_shares(change.flag, after), lasting_change)
