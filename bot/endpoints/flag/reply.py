"""What LaunchDarkly sends of a flag, as far as it is shown.

`salt`, `sel` and e-mail addresses are not read at all. The keys of targets and the values of clauses are secret too, so
they are counted and never kept by name."""

from typing import Any

from pydantic import Field

from bot.launchdarkly import Reply


class Variation(Reply):
    value: Any = None
    name: str | None = None
    description: str | None = None


class Person(Reply):
    first: str | None = Field(None, alias="firstName")
    last: str | None = Field(None, alias="lastName")


class Team(Reply):
    key: str | None = None
    name: str | None = None


class Stale(Reply):
    code: bool | None = Field(None, alias="readyForCodeRemoval")
    archive: bool | None = Field(None, alias="readyToArchive")


class Experiment(Reply):
    metric: str | None = Field(None, alias="metricKey")


class Experiments(Reply):
    items: list[Experiment] | None = None


class Migration(Reply):
    context: str | None = Field(None, alias="contextKind")
    stages: int | None = Field(None, alias="stageCount")


class Weighted(Reply):
    variation: int
    weight: float


class Rollout(Reply):
    variations: list[Weighted] | None = None
    by: str | None = Field(None, alias="bucketBy")


class Served(Reply):
    """Either one variation, by its place in the list, or a rollout over several."""

    variation: int | None = None
    rollout: Rollout | None = None


class Clause(Reply):
    attribute: str | None = None
    op: str | None = None
    values: list[Any] | None = None
    negate: bool | None = None


class Rule(Served):
    description: str | None = None
    clauses: list[Clause] | None = None
    disabled: bool | None = None


class Target(Reply):
    values: list[Any] | None = None
    variation: int | None = None


class Prerequisite(Reply):
    key: str
    variation: int | None = None


class Evaluation(Reply):
    contexts: list[str] | None = Field(None, alias="contextKinds")


class EnvironmentMigration(Reply):
    ratio: int | None = Field(None, alias="checkRatio")


class Environment(Reply):
    """A flag's configuration in one environment."""

    on: bool | None = None
    name: str | None = Field(None, alias="_environmentName")
    modified: float | None = Field(None, alias="lastModified")
    off: int | None = Field(None, alias="offVariation")
    rest: Served | None = Field(None, alias="fallthrough")
    targets: list[Target] | None = None
    context_targets: list[Target] | None = Field(None, alias="contextTargets")
    rules: list[Rule] | None = None
    prerequisites: list[Prerequisite] | None = None
    evaluation: Evaluation | None = None
    migration: EnvironmentMigration | None = Field(None, alias="migrationSettings")


class Sibling(Reply):
    """An environment of the same project, by key and name; the SDK keys that come with them are not read."""

    key: str
    name: str | None = None


class Siblings(Reply):
    items: list[Sibling] | None = None


class FlagReply(Reply):
    name: str
    kind: str | None = None
    description: str | None = None
    created: float | None = Field(None, alias="creationDate")
    temporary: bool | None = None
    tags: list[str] | None = None
    archived: bool | None = None
    archived_at: float | None = Field(None, alias="archivedDate")
    deprecated: bool | None = None
    deprecated_at: float | None = Field(None, alias="deprecatedDate")
    maintainer: Person | None = Field(None, alias="_maintainer")
    team: Team | None = Field(None, alias="_maintainerTeam")
    team_key: str | None = Field(None, alias="maintainerTeamKey")
    variations: list[Variation] | None = None
    experiments: Experiments | None = None
    migration: Migration | None = Field(None, alias="migrationSettings")
    purpose: str | None = Field(None, alias="_purpose")
    stale: Stale | None = None
    environments: dict[str, Environment | None] | None = None
    siblings: tuple[Sibling, ...] = ()  # asked for apart, where there is a menu to fill
