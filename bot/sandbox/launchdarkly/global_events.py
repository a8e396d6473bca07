"""The changes of one day that concern a flag in all environments at once: tags, maintainers, descriptions, farewells.

They have no impact, and LaunchDarkly lists them under every environment of the project.
"""

from collections.abc import Iterator
from datetime import date

from bot.sandbox.launchdarkly.company import Company, Flag, Project
from bot.sandbox.launchdarkly.event_generator import OLD, Day, Event

SLOTS = 16  # weeks after which the farewells begin anew; more than the history has, so that each happens once in it


def housekeeping(day: Day) -> list[Event]:
    if not any(environment.traffic for environment in day.project.environments):
        return []
    return [*_tidied(day), *_farewells(day)]


def _tidied(day: Day) -> Iterator[Event]:
    flags = [flag for flag in day.company.flags_of(day.project) if flag.created > OLD and not flag.archived]
    for _ in range(day.many(0.6)):
        kind = day.dice.choice(["updated_tags", "updated_maintainer", "updated_description"])
        yield _event(day, day.dice.choice(flags), kind)


def _farewells(day: Day) -> Iterator[Event]:
    for flag in _leaving(day.company, day.project, day.date):
        yield _event(day, flag, "archived_flag")


def _leaving(company: Company, project: Project, day: date) -> list[Flag]:
    """The archived flags take turns, one every three weeks at most, on a Tuesday."""
    archived = [flag for flag in company.flags_of(project) if flag.archived]
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    place, off_beat = divmod(weeks % SLOTS, 3)
    return archived[place : place + 1] if weekday == 1 and not off_beat else []


def _event(day: Day, flag: Flag, kind: str) -> Event:
    return Event(
        id=day.identity(),
        at=day.moment(),
        flag=flag,
        environment=None,
        kind=kind,
        description=day.dice.choice(day.company.phrases.housekeeping[kind]),
        member=day.somebody(),
    )
