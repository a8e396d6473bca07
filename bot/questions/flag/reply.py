"""The decoded fields of a flag, limited to what is shown.

`salt`, `sel` and email addresses aren't decoded. Target keys and clause values are secret too: they are only counted,
never shown."""

from typing import Any

from bot.launchdarkly import Float64, Int64, Reply, field
from bot.questions.catalog import CatalogItem, Person, Stale, Team, Variation


class FlagExperiment(Reply):
    metric: str | None = field(name="metricKey", default=None)


class FlagExperiments(Reply):
    items: list[FlagExperiment] | None = None


class Migration(Reply):
    context: str | None = field(name="contextKind", default=None)
    stages: Int64 | None = field(name="stageCount", default=None)


class WeightedVariation(Reply):
    variation: Int64
    weight: Float64


class Rollout(Reply):
    variations: list[WeightedVariation] | None = None
    by: str | None = field(name="bucketBy", default=None)


class Served(Reply):
    """Either one variation, by its index, or a rollout over several."""

    variation: Int64 | None = None
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
    variation: Int64 | None = None


class Prerequisite(Reply):
    key: str
    variation: Int64 | None = None


class Evaluation(Reply):
    contexts: list[str] | None = field(name="contextKinds", default=None)


class EnvironmentMigration(Reply):
    ratio: Int64 | None = field(name="checkRatio", default=None)


class Environment(Reply):
    """A flag's configuration in one environment."""

    on: bool | None = None
    name: str | None = field(name="_environmentName", default=None)
    modified: Float64 | None = field(name="lastModified", default=None)
    off: Int64 | None = field(name="offVariation", default=None)
    rest: Served | None = field(name="fallthrough", default=None)
    targets: list[Target] | None = None
    context_targets: list[Target] | None = field(name="contextTargets", default=None)
    rules: list[Rule] | None = None
    prerequisites: list[Prerequisite] | None = None
    evaluation: Evaluation | None = None
    migration: EnvironmentMigration | None = field(name="migrationSettings", default=None)


class FlagReply(Reply):
    name: str
    kind: str | None = None
    description: str | None = None
    created: Float64 | None = field(name="creationDate", default=None)
    temporary: bool | None = None
    tags: list[str] | None = None
    archived: bool | None = None
    archived_at: Float64 | None = field(name="archivedDate", default=None)
    deprecated: bool | None = None
    deprecated_at: Float64 | None = field(name="deprecatedDate", default=None)
    maintainer: Person | None = field(name="_maintainer", default=None)
    team: Team | None = field(name="_maintainerTeam", default=None)
    team_key: str | None = field(name="maintainerTeamKey", default=None)
    variations: list[Variation] | None = None
    experiments: FlagExperiments | None = None
    migration: Migration | None = field(name="migrationSettings", default=None)
    purpose: str | None = field(name="_purpose", default=None)
    stale: Stale | None = None
    environments: dict[str, Environment | None] | None = None
    siblings: tuple[CatalogItem, ...] = ()  # the project's environments, fetched separately if the surface has menus
