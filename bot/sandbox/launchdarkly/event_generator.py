"""One day: the dice that decide what happens on it, and the event that is written down when something does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from bot.sandbox.launchdarkly import impact
from bot.sandbox.launchdarkly.company import Company, Environment, Flag, Person, Project

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
OLD = 100  # days; younger flags are left alone: the twelve weeks of history must not reach behind a flag's creation

ACTIONS = {
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


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a flag. `leaves` is what it left changed for the rest of the day, None where it switched nothing."""

    id: str
    at: int
    flag: Flag
    environment: Environment | None
    kind: str
    description: str
    member: Person | None
    before: impact.Counts = ()
    after: impact.Counts = ()
    in_experiment: bool = False
    leaves: Mapping[str, Any] | None = None

    @property
    def order(self) -> tuple[int, str]:
        return self.at, self.id

    @property
    def percentage(self) -> float:
        return impact.percentage(self.before, self.after)


@dataclass(frozen=True)
class Day:
    """One day, and the dice that decide what happens on it."""

    company: Company
    project: Project
    date: date
    dice: Random = field(repr=False)

    @property
    def start(self) -> int:
        return int(datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC).timestamp()) * 1000

    def many(self, on_a_workday: float) -> int:
        whole, part = divmod(on_a_workday if self.date.weekday() < 5 else on_a_workday * 0.12, 1)
        return int(whole) + (self.dice.random() < part)

    def moment(self) -> int:
        """Mostly in office hours, and never too late to switch back on the same day what is switched."""
        at_work = self.date.weekday() < 5 and self.dice.random() < 0.9
        hour = self.dice.triangular(8, 18) if at_work else self.dice.uniform(0, 22)
        return self.start + int(hour * HOUR)

    def somebody(self) -> Person | None:
        """Now and then nobody: a script did it."""
        return None if self.dice.random() < 0.12 else self.dice.choice(self.company.people)

    def identity(self) -> str:
        return str(UUID(int=self.dice.getrandbits(128), version=4))
