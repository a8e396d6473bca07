"""Generate a day's flag events: in one environment, and in all of them.

A day depends only on its random generator, and whatever is switched during a day is switched back by its end. So a
flag's state is what the company's file says (some steps further for an advancing rollout), and no day depends on
earlier ones.

The impact of a change is which variations were served before and after it, as shares and as counts. Its percentage is
computed from the counts, so that they can't disagree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from bot.sandbox.launchdarkly.company import Company, Config, Environment, Flag, Person, Project

MINUTE_MILLIS, HOUR_MILLIS, DAY_MILLIS = 60_000, 3_600_000, 86_400_000
MIN_FLAG_AGE_DAYS = 100  # younger flags have no events, so that twelve weeks of history begin after a flag's creation
AUDIT_ACTIONS = {
    "enabled_targeting": "updateOn",
    "disabled_targeting": "updateOn",
    "updated_rollout": "updateFallthrough",
    "updated_rules": "updateRules",
    "updated_targets": "updateTargets",
    "updated_prerequisites": "updatePrerequisites",
    "updated_off_variation": "updateOffVariation",
    "updated_tags": "updateTags",
    "updated_maintainer": "updateMaintainer",
    "updated_description": "updateDescription",
    "archived_flag": "updateGlobalArchived",
}

# The relative frequency of each edit, and the largest share of people that it moves to another variation.
EDIT_WEIGHTS_AND_SHIFTS = {
    "updated_rules": (5, 0.42),
    "updated_targets": (4, 0.02),
    "updated_prerequisites": (2, 0.12),
    "updated_off_variation": (2, 0.0),
}
ARCHIVE_CYCLE_WEEKS = 16  # each flag is archived once per cycle; longer than the history, which so shows it only once
Shares = tuple[float, ...]
Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a flag. `comment` is what the person who made it said about it, for the audit log.

    `lasting_change` are the fields of its `Config` that differ for the rest of the day, empty if the change reverts an
    earlier one, and None if it switched nothing.
    """

    id: str
    at: int
    flag: Flag
    environment: Environment | None
    kind: str
    description: str
    member: Person | None
    comment: str = ""
    before: Counts = ()
    after: Counts = ()
    in_experiment: bool = False
    lasting_change: Mapping[str, Any] | None = None

    @property
    def sort_key(self) -> tuple[int, str]:
        return self.at, self.id

    @property
    def percentage(self) -> float:
        return changed_percentage(self.before, self.after)


@dataclass(frozen=True)
class Day:
    """A day in a project, and the random generator that decides what happens on it."""

    company: Company
    project: Project
    date: date
    rng: Random = field(repr=False)

    @property
    def start(self) -> int:
        return int(datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC).timestamp()) * 1000

    def random_count(self, workday_mean: float) -> int:
        whole, part = divmod(workday_mean if self.date.weekday() < 5 else workday_mean * 0.12, 1)
        return int(whole) + (self.rng.random() < part)

    def random_time(self) -> int:
        """Pick a time, mostly in office hours, and early enough to revert a change on the same day."""
        in_office_hours = self.date.weekday() < 5 and self.rng.random() < 0.9
        hour = self.rng.triangular(8, 18) if in_office_hours else self.rng.uniform(0, 22)
        return self.start + int(hour * HOUR_MILLIS)

    def random_member(self) -> Person | None:
        """Pick who made a change; None if it was a script."""
        return None if self.rng.random() < 0.12 else self.rng.choice(self.company.people)

    def random_id(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))


def generate_environment_events(day: Day, environment: Environment) -> list[Event]:
    """Return a day's events in an environment, unordered; of a flag in a story there are no others."""
    told = {story.flag for story in day.company.stories_in(day.project, environment)}
    flags = [
        flag for flag in day.company.flags_of(day.project) if flag.key not in told and _is_eligible(flag, environment)
    ]
    if not flags or not environment.traffic:
        return []
    return [
        *_ramp_events(day, environment, flags),
        *_temporary_changes(day, environment, flags),
        *_edit_events(day, environment, flags),
    ]


def ramped_config(config: Config, key: str, day: date) -> Config:
    """Return the configuration at the end of a day, with an advancing rollout at its percentage."""
    if not config.climb:
        return config
    percentage = config.climb[_ramp_step(key, day)[0] % len(config.climb)]
    return config.model_copy(update={"rollout": (percentage, 100 - percentage)})


def _ramp_step(key: str, day: date) -> tuple[int, bool]:
    """Return an advancing rollout's step, and whether it was taken today: one a week, on the flag's weekday."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    step, days_since = divmod(weeks * 5 + min(weekday, 4) + sum(key.encode()), 5)
    return step, days_since == 0 and weekday < 5


def _is_eligible(flag: Flag, environment: Environment) -> bool:
    return flag.created > MIN_FLAG_AGE_DAYS and not flag.archived and flag.status_at(environment.key) == "active"


def _ramp_events(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    for flag in flags:
        config = flag.config(environment.key)
        if config.climb and _ramp_step(flag.key, day.date)[1]:
            after = ramped_config(config, flag.key, day.date)
            before = ramped_config(config, flag.key, day.date - timedelta(days=1))
            yield rollout_event(
                Change(day, environment, flag, before), after, day.random_time(), {"rollout": after.rollout}
            )


def _temporary_changes(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    """Switch something, and switch it back a while later."""
    candidates = [flag for flag in flags if _can_change_temporarily(flag.config(environment.key))]
    for flag in day.rng.sample(candidates, min(day.random_count(environment.scares), len(candidates))):
        config = flag.config(environment.key)
        change = Change(day, environment, flag, config)
        started_at = day.random_time()
        reverted_at = started_at + day.rng.randint(9, 75) * MINUTE_MILLIS
        yield from (_lower_rollout if config.on and len(config.rollout) == 2 else _toggle_targeting)(
            change, started_at, reverted_at
        )


def _can_change_temporarily(config: Config) -> bool:
    return config.off is not None and not config.climb


def _lower_rollout(change: "Change", started_at: int, reverted_at: int) -> Iterator[Event]:
    """Lower a rollout, and raise it again."""
    usual_percentage = change.config.rollout[0]
    low_percentage = change.day.rng.choice([share for share in (1, 5, 10, 20, 30) if share < usual_percentage])
    lowered = change.config.model_copy(update={"rollout": (low_percentage, 100 - low_percentage)})
    yield rollout_event(change, lowered, started_at, {"rollout": lowered.rollout})
    yield rollout_event(replace(change, config=lowered), change.config, reverted_at, {})


def rollout_event(change: "Change", after: Config, at: int, lasting_change: Mapping[str, Any]) -> Event:
    """Return the event of another rollout."""
    description = f"Rollout changed from {change.config.rollout[0]}% to {after.rollout[0]}%"
    return change.event(at, "updated_rollout", description, served_shares(change.flag, after), lasting_change)


def _toggle_targeting(change: "Change", started_at: int, reverted_at: int) -> Iterator[Event]:
    """Turn targeting off for a while, or on where it is off."""
    on = bool(change.config.on)
    phrases = change.day.company.phrases
    description, revert_description = change.day.rng.choice(phrases.scare if on else phrases.rehearsal)
    kinds = ("disabled_targeting", "enabled_targeting") if on else ("enabled_targeting", "disabled_targeting")
    toggled = change.config.model_copy(update={"on": not on})
    event = change.event(started_at, kinds[0], description, served_shares(change.flag, toggled), {"on": not on})
    yield replace(event, comment=description)
    change_back, shares = replace(change, config=toggled), served_shares(change.flag, change.config)
    event = change_back.event(reverted_at, kinds[1], revert_description, shares, {})
    yield replace(event, comment=revert_description)


def _edit_events(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    kinds, weights = list(EDIT_WEIGHTS_AND_SHIFTS), [weight for weight, _ in EDIT_WEIGHTS_AND_SHIFTS.values()]
    for _ in range(day.random_count(environment.edits * day.rng.uniform(0.7, 1.3))):
        flag, kind = day.rng.choice(flags), day.rng.choices(kinds, weights)[0]
        change = Change(day, environment, flag, ramped_config(flag.config(environment.key), flag.key, day.date))
        yield _edit_event(change, kind)


def _edit_event(change: "Change", kind: str) -> Event:
    rng, phrases, shares = change.day.rng, change.day.company.phrases, served_shares(change.flag, change.config)
    largest = shares.index(max(shares))
    target = next_variation(change.flag, largest)
    description = rng.choice(phrases.edits[kind]).format(
        audience=rng.choice(phrases.audience), variation=change.flag.variations[target].label
    )
    amount = rng.uniform(0, EDIT_WEIGHTS_AND_SHIFTS[kind][1]) if change.config.on else 0
    after = shift_shares(shares, largest, target, amount)
    return change.event(change.day.random_time(), kind, description, after)


@dataclass(frozen=True)
class Change:
    """A flag's state in an environment before a change of the day."""

    day: Day
    environment: Environment
    flag: Flag
    config: Config

    def event(
        self,
        at: int,
        kind: str,
        description: str,
        shares: Shares,
        lasting_change: Mapping[str, Any] | None = None,
    ) -> Event:
        rng, traffic = self.day.rng, self.environment.traffic
        return Event(
            id=self.day.random_id(),
            at=at,
            flag=self.flag,
            environment=self.environment,
            kind=kind,
            description=description,
            member=self.day.random_member(),
            before=sample_counts(served_shares(self.flag, self.config), traffic, rng),
            after=sample_counts(shares, traffic, rng),
            in_experiment=self.flag.experiment is not None and rng.random() < 0.6,
            lasting_change=lasting_change,
        )


def generate_global_events(day: Day) -> list[Event]:
    """Return a day's events that apply to a whole project, unordered: tags, maintainers, descriptions, archiving.

    They have no impact, and LaunchDarkly lists them under every environment of the project.
    """
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


# --------------------------------------------------------------------------------------------------------------- impact


def served_shares(flag: Flag, config: Config) -> Shares:
    """Return the share of people who get each variation; rules and targets shift it a little."""
    if not config.on:
        return single_variation(flag, config.off)
    if config.rollout:
        return (*(weight / 100 for weight in config.rollout), *single_variation(flag, None))[: len(flag.variations)]
    return shift_shares(
        single_variation(flag, config.serve),
        config.serve,
        next_variation(flag, config.serve),
        0.06 if config.rules else 0.02,
    )


def single_variation(flag: Flag, variation: int | None) -> Shares:
    """Return shares that give everyone one variation, or nobody any if it is None."""
    return tuple(float(index == variation) for index in range(len(flag.variations)))


def next_variation(flag: Flag, variation: int) -> int:
    """Return the index of the variation after this one, wrapping around."""
    return (variation + 1) % len(flag.variations)


def shift_shares(shares: Shares, source: int, target: int, amount: float) -> Shares:
    """Move a share of people from one variation to another."""
    amount = min(amount, shares[source])
    deltas = {source: -amount, target: amount}
    return tuple(share + deltas.get(index, 0) for index, share in enumerate(shares))


def sample_counts(shares: Shares, traffic: int, rng: Random) -> Counts:
    """Convert shares to evaluation counts, for traffic that varies by ten percent."""
    total = traffic * rng.uniform(0.9, 1.1)
    return tuple(round(share * total) for share in shares)


def changed_percentage(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the percentage of people who get another variation than before."""
    was, now = sum(before) or 1, sum(after) or 1
    return round(50 * sum(abs(b / was - a / now) for b, a in zip(before, after, strict=True)), 1)
