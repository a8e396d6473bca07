"""What LaunchDarkly sends of a flag, as far as it is shown.

`salt`, `sel` and e-mail addresses are not read at all. The keys of targets and the values of clauses are secret too, so
they are counted and never kept by name."""

from typing import Any

from bot.launchdarkly import Real, Reply, Whole, field
from bot.questions.catalog.reply import Named, Person, Stale, Team


class Variation(Reply):
    value: Any = None
    name: str | None = None
    description: str | None = None


class Experiment(Reply):
    metric: str | None = field(name="metricKey", default=None)


class Experiments(Reply):
    items: list[Experiment] | None = None


class Migration(Reply):
    context: str | None = field(name="contextKind", default=None)
    stages: Whole | None = field(name="stageCount", default=None)


class Weighted(Reply):
    variation: Whole
    weight: Real


class Rollout(Reply):
    variations: list[Weighted] | None = None
    by: str | None = field(name="bucketBy", default=None)


class Served(Reply):
    """Either one variation, by its place in the list, or a rollout over several."""

    variation: Whole | None = None
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
    variation: Whole | None = None


class Prerequisite(Reply):
    key: str
    variation: Whole | None = None


class Evaluation(Reply):
    contexts: list[str] | None = field(name="contextKinds", default=None)


class EnvironmentMigration(Reply):
    ratio: Whole | None = field(name="checkRatio", default=None)


class Environment(Reply):
    """A flag's configuration in one environment."""

    on: bool | None = None
    name: str | None = field(name="_environmentName", default=None)
    modified: Real | None = field(name="lastModified", default=None)
    off: Whole | None = field(name="offVariation", default=None)
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
    created: Real | None = field(name="creationDate", default=None)
    temporary: bool | None = None
    tags: list[str] | None = None
    archived: bool | None = None
    archived_at: Real | None = field(name="archivedDate", default=None)
    deprecated: bool | None = None
    deprecated_at: Real | None = field(name="deprecatedDate", default=None)
    maintainer: Person | None = field(name="_maintainer", default=None)
    team: Team | None = field(name="_maintainerTeam", default=None)
    team_key: str | None = field(name="maintainerTeamKey", default=None)
    variations: list[Variation] | None = None
    experiments: Experiments | None = None
    migration: Migration | None = field(name="migrationSettings", default=None)
    purpose: str | None = field(name="_purpose", default=None)
    stale: Stale | None = None
    environments: dict[str, Environment | None] | None = None
    siblings: tuple[Named, ...] = ()  # asked for apart, where there is a menu to fill
