"""The changes of one day in one environment: rollouts that climb, scares that pass, and edits.

A day is a pure function of its dice. Whatever is switched away during a day is back by its end. So a flag's state is
what the company's file says (a few steps further for a rollout that climbs), and no day has to know the days before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from bot.sandbox.launchdarkly import impact
from bot.sandbox.launchdarkly.company import Config, Environment, Flag
from bot.sandbox.launchdarkly.event_generator import MINUTE, OLD, Day, Event

# How often each edit happens, and how many people it moves to another variation at most.
EDITS = {
    "updated_rules": (5, 0.42),
    "updated_targets": (4, 0.02),
    "updated_prerequisites": (2, 0.12),
    "updated_off_variation": (2, 0.0),
}


def changes(day: Day, environment: Environment) -> list[Event]:
    flags = [flag for flag in day.company.flags_of(day.project) if _lives(flag, environment)]
    if not flags or not environment.traffic:
        return []
    return [
        *_climbs(day, environment, flags),
        *_scares(day, environment, flags),
        *_edits(day, environment, flags),
    ]


def climbed(config: Config, key: str, day: date) -> Config:
    """The configuration at the end of a day, for rollouts that climb."""
    if not config.climb:
        return config
    level = config.climb[_step(key, day)[0] % len(config.climb)]
    return config.model_copy(update={"rollout": (level, 100 - level)})


def _step(key: str, day: date) -> tuple[int, bool]:
    """Which step a climbing rollout has reached, and whether it took it today: one a week, each flag on its weekday."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    step, since = divmod(weeks * 5 + min(weekday, 4) + sum(key.encode()), 5)
    return step, since == 0 and weekday < 5


def _lives(flag: Flag, environment: Environment) -> bool:
    return flag.created > OLD and not flag.archived and flag.status_at(environment.key) == "active"


def _climbs(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    for flag in flags:
        config = flag.config(environment.key)
        if config.climb and _step(flag.key, day.date)[1]:
            now = climbed(config, flag.key, day.date)
            before = climbed(config, flag.key, day.date - timedelta(days=1))
            yield _rollout(_Change(day, environment, flag, before), now, day.moment(), {"rollout": now.rollout})


def _scares(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    """Something is switched, and a while later switched back."""
    candidates = [flag for flag in flags if _can_be_switched(flag.config(environment.key))]
    for flag in day.dice.sample(candidates, min(day.many(environment.scares), len(candidates))):
        config = flag.config(environment.key)
        change = _Change(day, environment, flag, config)
        first = day.moment()
        then = first + day.dice.randint(9, 75) * MINUTE
        yield from (_dip if config.on and len(config.rollout) == 2 else _switch)(change, first, then)


def _can_be_switched(config: Config) -> bool:
    return config.off is not None and not config.climb


def _dip(change: "_Change", first: int, then: int) -> Iterator[Event]:
    """A rollout is lowered, and raised again."""
    usual = change.config.rollout[0]
    low = change.day.dice.choice([share for share in (1, 5, 10, 20, 30) if share < usual])
    lowered = change.config.model_copy(update={"rollout": (low, 100 - low)})
    yield _rollout(change, lowered, first, {"rollout": lowered.rollout})
    yield _rollout(replace(change, config=lowered), change.config, then, {})


def _rollout(change: "_Change", now: Config, at: int, leaves: Mapping[str, Any]) -> Event:
    said = f"Rollout changed from {change.config.rollout[0]}% to {now.rollout[0]}%"
    return change.event(at, "updated_rollout", said, impact.served(change.flag, now), leaves)


def _switch(change: "_Change", first: int, then: int) -> Iterator[Event]:
    """What is on is turned off for a while, and the other way round."""
    on = bool(change.config.on)
    phrases = change.day.company.phrases
    there, back = change.day.dice.choice(phrases.scare if on else phrases.rehearsal)
    kinds = ("disabled_targeting", "enabled_targeting") if on else ("enabled_targeting", "disabled_targeting")
    switched = change.config.model_copy(update={"on": not on})
    yield change.event(first, kinds[0], there, impact.served(change.flag, switched), {"on": not on})
    again = replace(change, config=switched)
    yield again.event(then, kinds[1], back, impact.served(change.flag, change.config), {})


def _edits(day: Day, environment: Environment, flags: list[Flag]) -> Iterator[Event]:
    kinds, odds = list(EDITS), [often for often, _ in EDITS.values()]
    for _ in range(day.many(environment.edits * day.dice.uniform(0.7, 1.3))):
        flag, kind = day.dice.choice(flags), day.dice.choices(kinds, odds)[0]
        change = _Change(day, environment, flag, climbed(flag.config(environment.key), flag.key, day.date))
        yield _edit(change, kind)


def _edit(change: "_Change", kind: str) -> Event:
    dice, phrases, shares = change.day.dice, change.day.company.phrases, impact.served(change.flag, change.config)
    most = shares.index(max(shares))
    target = impact.other(change.flag, most)
    said = dice.choice(phrases.edits[kind]).format(
        audience=dice.choice(phrases.audience), variation=change.flag.variations[target].label
    )
    amount = dice.uniform(0, EDITS[kind][1]) if change.config.on else 0
    after = impact.moved(shares, most, target, amount)
    return change.event(change.day.moment(), kind, said, after)


@dataclass(frozen=True)
class _Change:
    """A flag of an environment on a day, as it was before it is changed."""

    day: Day
    environment: Environment
    flag: Flag
    config: Config

    def event(
        self, at: int, kind: str, said: str, shares: impact.Shares, leaves: Mapping[str, Any] | None = None
    ) -> Event:
        dice, traffic = self.day.dice, self.environment.traffic
        return Event(
            id=self.day.identity(),
            at=at,
            flag=self.flag,
            environment=self.environment,
            kind=kind,
            description=said,
            member=self.day.somebody(),
            before=impact.counted(impact.served(self.flag, self.config), traffic, dice),
            after=impact.counted(shares, traffic, dice),
            in_experiment=self.flag.experiment is not None and dice.random() < 0.6,
            leaves=leaves,
        )
