"""Generate a day's flag events that apply to all environments: tags, maintainers, descriptions, archiving.

They have no impact, and LaunchDarkly lists them under every environment of the project.
"""

from collections.abc import Iterator
from datetime import date

from bot.sandbox.launchdarkly.company import Company, Flag, Project
from bot.sandbox.launchdarkly.event_generator import MIN_FLAG_AGE_DAYS, Day, Event

ARCHIVE_CYCLE_WEEKS = 16  # each flag is archived once per cycle; longer than the history, which so shows it only once


def generate_global_events(day: Day) -> list[Event]:
    """Return a day's events that apply to a whole project, unordered."""
    if not any(environment.traffic for environment in day.project.environments):
        return []
    return [*_metadata_events(day), *_archive_events(day)]


def _metadata_events(day: Day) -> Iterator[Event]:
    flags = [
        flag for flag in day.company.flags_of(day.project) if flag.created > MIN_FLAG_AGE_DAYS and not flag.archived
    ]
    for _ in range(day.random_count(0.6)):
        kind = day.rng.choice(["updated_tags", "updated_maintainer", "updated_description"])
        yield _event(day, day.rng.choice(flags), kind)


def _archive_events(day: Day) -> Iterator[Event]:
    for flag in _flags_archived_on(day.company, day.project, day.date):
        yield _event(day, flag, "archived_flag")


def _flags_archived_on(company: Company, project: Project, day: date) -> list[Flag]:
    """Return the flag archived on a day, if any: the archived flags take turns, every third week on a Tuesday."""
    archived = [flag for flag in company.flags_of(project) if flag.archived]
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    index, remainder = divmod(weeks % ARCHIVE_CYCLE_WEEKS, 3)
    return archived[index : index + 1] if weekday == 1 and not remainder else []


def _event(day: Day, flag: Flag, kind: str) -> Event:
    return Event(
        id=day.random_id(),
        at=day.random_time(),
        flag=flag,
        environment=None,
        kind=kind,
        description=day.rng.choice(day.company.phrases.housekeeping[kind]),
        member=day.random_member(),
    )
