"""Generate a day's flag events in one environment: rollouts that advance, temporary changes, and edits.

A day depends only on its random generator, and whatever is switched during a day is switched back by its end. So a
flag's state is what the company's file says (some steps further for an advancing rollout), and no day depends on
earlier ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from bot.sandbox.launchdarkly import impact
from bot.sandbox.launchdarkly.company import Config, Environment, Flag
from bot.sandbox.launchdarkly.event_generator import MIN_FLAG_AGE_DAYS, MINUTE_MILLIS, Day, Event

# The relative frequency of each edit, and the largest share of people that it moves to another variation.
EDIT_WEIGHTS_AND_SHIFTS = {
    "updated_rules": (5, 0.42),
    "updated_targets": (4, 0.02),
    "updated_prerequisites": (2, 0.12),
    "updated_off_variation": (2, 0.0),
}


def generate_environment_events(day: Day, environment: Environment) -> list[Event]:
    """Return a day's events in an environment, unordered."""
    flags = [flag for flag in day.company.flags_of(day.project) if _is_eligible(flag, environment)]
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
            yield _rollout_event(
                _Change(day, environment, flag, before), after, day.random_time(), {"rollout": after.rollout}
            )


def _temporary_changes(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    """Switch something, and switch it back a while later."""
    candidates = [flag for flag in flags if _can_change_temporarily(flag.config(environment.key))]
    for flag in day.rng.sample(candidates, min(day.random_count(environment.scares), len(candidates))):
        config = flag.config(environment.key)
        change = _Change(day, environment, flag, config)
        started_at = day.random_time()
        reverted_at = started_at + day.rng.randint(9, 75) * MINUTE_MILLIS
        yield from (_lower_rollout if config.on and len(config.rollout) == 2 else _toggle_targeting)(
            change, started_at, reverted_at
        )


def _can_change_temporarily(config: Config) -> bool:
    return config.off is not None and not config.climb


def _lower_rollout(change: "_Change", started_at: int, reverted_at: int) -> Iterator[Event]:
    """Lower a rollout, and raise it again."""
    usual_percentage = change.config.rollout[0]
    low_percentage = change.day.rng.choice([share for share in (1, 5, 10, 20, 30) if share < usual_percentage])
    lowered = change.config.model_copy(update={"rollout": (low_percentage, 100 - low_percentage)})
    yield _rollout_event(change, lowered, started_at, {"rollout": lowered.rollout})
    yield _rollout_event(replace(change, config=lowered), change.config, reverted_at, {})


def _rollout_event(change: "_Change", after: Config, at: int, lasting_change: Mapping[str, Any]) -> Event:
    description = f"Rollout changed from {change.config.rollout[0]}% to {after.rollout[0]}%"
    return change.event(at, "updated_rollout", description, impact.served_shares(change.flag, after), lasting_change)


def _toggle_targeting(change: "_Change", started_at: int, reverted_at: int) -> Iterator[Event]:
    """Turn targeting off for a while, or on where it is off."""
    on = bool(change.config.on)
    phrases = change.day.company.phrases
    description, revert_description = change.day.rng.choice(phrases.scare if on else phrases.rehearsal)
    kinds = ("disabled_targeting", "enabled_targeting") if on else ("enabled_targeting", "disabled_targeting")
    toggled = change.config.model_copy(update={"on": not on})
    yield change.event(started_at, kinds[0], description, impact.served_shares(change.flag, toggled), {"on": not on})
    revert = replace(change, config=toggled)
    yield revert.event(reverted_at, kinds[1], revert_description, impact.served_shares(change.flag, change.config), {})


def _edit_events(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    kinds, weights = list(EDIT_WEIGHTS_AND_SHIFTS), [weight for weight, _ in EDIT_WEIGHTS_AND_SHIFTS.values()]
    for _ in range(day.random_count(environment.edits * day.rng.uniform(0.7, 1.3))):
        flag, kind = day.rng.choice(flags), day.rng.choices(kinds, weights)[0]
        change = _Change(day, environment, flag, ramped_config(flag.config(environment.key), flag.key, day.date))
        yield _edit_event(change, kind)


def _edit_event(change: "_Change", kind: str) -> Event:
    rng, phrases, shares = change.day.rng, change.day.company.phrases, impact.served_shares(change.flag, change.config)
    largest = shares.index(max(shares))
    target = impact.next_variation(change.flag, largest)
    description = rng.choice(phrases.edits[kind]).format(
        audience=rng.choice(phrases.audience), variation=change.flag.variations[target].label
    )
    amount = rng.uniform(0, EDIT_WEIGHTS_AND_SHIFTS[kind][1]) if change.config.on else 0
    after = impact.shift_shares(shares, largest, target, amount)
    return change.event(change.day.random_time(), kind, description, after)


@dataclass(frozen=True)
class _Change:
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
        shares: impact.Shares,
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
            before=impact.sample_counts(impact.served_shares(self.flag, self.config), traffic, rng),
            after=impact.sample_counts(shares, traffic, rng),
            in_experiment=self.flag.experiment is not None and rng.random() < 0.6,
            lasting_change=lasting_change,
        )
