"""A day's random generator, and the record of an event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from bot.sandbox.launchdarkly import impact
from bot.sandbox.launchdarkly.company import Company, Environment, Flag, Person, Project

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


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a flag.

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
    before: impact.Counts = ()
    after: impact.Counts = ()
    in_experiment: bool = False
    lasting_change: Mapping[str, Any] | None = None

    @property
    def sort_key(self) -> tuple[int, str]:
        return self.at, self.id

    @property
    def percentage(self) -> float:
        return impact.percentage(self.before, self.after)


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
