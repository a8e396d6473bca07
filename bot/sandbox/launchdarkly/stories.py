"""Changes that are told in the company's file, last for up to weeks, and recur: outages, and rollouts taken back.

A story ends as it began, so a flag's state depends only on the date.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from bot.sandbox.launchdarkly import impact
from bot.sandbox.launchdarkly.company import Company, Config, Environment, Flag, Project, Step, Story
from bot.sandbox.launchdarkly.event_generator import Change, Day, Event, rollout_event


def story_events(day: Day, environment: Environment) -> Iterator[Event]:
    """Yield a day's events of the stories in an environment."""
    for story in day.company.stories_in(day.project, environment):
        flag = day.company.flag(day.project, story.flag)
        if flag is not None:
            yield from _events_on(day, environment, flag, story)


def config_by_stories(
    company: Company, project: Project, environment: Environment, flag: Flag, day: date
) -> dict[str, object]:
    """Return the fields of a flag's `Config` that its stories have changed by the end of a day."""
    changes: dict[str, object] = {}
    for story in company.stories_in(project, environment):
        if story.flag == flag.key:
            for step in story.steps:
                changes |= step.change if step.day <= _day_of(story, day) else {}
    return changes


def _day_of(story: Story, day: date) -> int:
    """Return how many days a story has gone on for, counted from the Monday on which it began."""
    days = day.toordinal() - 1  # day 0 was a Monday
    return (days - story.week * 7) % (story.every * 7)


def _events_on(day: Day, environment: Environment, flag: Flag, story: Story) -> Iterator[Event]:
    config = flag.config(environment.key)
    lasting_change: dict[str, object] = {}
    for step in story.steps:
        lasting_change |= step.change
        change, config = Change(day, environment, flag, config), config.model_copy(update=step.change)
        if step.day == _day_of(story, day.date):
            event = _event(change, config, step, dict(lasting_change))
            yield replace(event, member=day.company.person(step.by), comment=step.comment)


def _event(change: Change, after: Config, step: Step, lasting_change: dict[str, object]) -> Event:
    at = change.day.start + step.millis
    if step.rollout:
        return rollout_event(change, after, at, lasting_change)
    kind = "enabled_targeting" if step.on else "disabled_targeting"
    return change.event(at, kind, step.comment, impact.served_shares(change.flag, after), lasting_change)
