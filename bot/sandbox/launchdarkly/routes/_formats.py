"""LaunchDarkly's formats that several endpoints return: charts, a flag, and its targeting in one environment."""

from collections.abc import Iterable, Iterator, Sequence

from bot.sandbox.launchdarkly.company import (
    Clause,
    Config,
    Environment,
    Flag,
    Person,
    Project,
    Rule,
    Variation,
    object_id,
)
from bot.sandbox.launchdarkly.event_generator import HOUR_MILLIS
from bot.sandbox.launchdarkly.request import Json, RequestContext


def chart(name: str, x_axis: str, series: Iterable[Json]) -> Json:
    """Return a chart. LaunchDarkly doesn't document what a summary contains, so it is empty rather than invented."""
    metadata = {"name": name, "summary": {}, "xAxis": {"unit": x_axis}, "yAxis": {"unit": "count"}}
    return {"metadata": metadata, "series": list(series)}


def line(name: str, points: Sequence[tuple[int, int]]) -> Json:
    """Return a series of a chart, with its total."""
    count = sum(y for _, y in points)
    return {"metadata": {"name": name, "count": count}, "data": [{"x": x, "y": y} for x, y in points]}


def flag_json(flag: Flag, project: Project, ctx: RequestContext, expand: frozenset[str]) -> Json:
    """Return all of a flag except its environments."""
    return {
        **_identity_fields(flag, ctx),
        **_maintainer_fields(flag, ctx),
        **_lifecycle_fields(flag, project, ctx),
        **_migration_fields(flag, expand),
    }


def _identity_fields(flag: Flag, ctx: RequestContext) -> Json:
    self, parent = f"/api/v2/flags/{flag.project}/{flag.key}", f"/api/v2/flags/{flag.project}"
    return {
        "key": flag.key,
        "name": flag.name,
        "description": flag.description,
        "kind": "boolean" if isinstance(flag.variations[0].value, bool) else "multivariate",
        "temporary": flag.temporary,
        "tags": list(flag.tags),
        "variations": [_variation_json(flag, index, one) for index, one in enumerate(flag.variations)],
        "variationJsonSchema": None,  # undocumented, but in every real response
        "defaults": {"onVariation": 0, "offVariation": len(flag.variations) - 1},
        "experiments": {"baselineIdx": 0, "items": list(_experiments(flag, ctx))},
        "clientSideAvailability": {"usingMobileKey": flag.project == "mobile", "usingEnvironmentId": True},
        "includeInSnippet": True,
        "customProperties": {},
        "goalIds": [],
        "_links": {name: link(href) for name, href in (("self", self), ("parent", parent))},
    }


def _variation_json(flag: Flag, index: int, variation: Variation) -> Json:
    """Omit an empty name or description, as LaunchDarkly does."""
    texts = {"name": variation.name, "description": variation.description}
    identity = object_id("variation", flag.project, flag.key, str(index))
    return {"_id": identity, "value": variation.value} | {name: text for name, text in texts.items() if text}


def _experiments(flag: Flag, ctx: RequestContext) -> Iterator[Json]:
    if flag.experiment is not None:
        project = ctx.project(flag.project)
        yield {"metricKey": flag.experiment.metric, "environments": [one.key for one in project.environments[:1]]}


def _maintainer_fields(flag: Flag, ctx: RequestContext) -> Json:
    team = ctx.company.team(flag.maintainer_team)
    if team is not None:
        links = {"self": link(f"/api/v2/teams/{team.key}")}
        return {
            "maintainerTeamKey": team.key,
            "_maintainerTeam": {"key": team.key, "name": team.name, "_links": links},
        }
    person = ctx.company.person(flag.maintainer)
    return {} if person is None else {"maintainerId": flag.maintainer_id, "_maintainer": _member_json(person)}


def _member_json(person: Person) -> Json:
    identity = object_id("member", person.key)
    names = {"firstName": person.first} | ({"lastName": person.last} if person.last else {})
    links = {"self": link(f"/api/v2/members/{identity}")}
    return {"_id": identity, "email": person.email, "role": person.role, "_links": links, **names}


def _lifecycle_fields(flag: Flag, project: Project, ctx: RequestContext) -> Json:
    fields: Json = {
        "_version": 1 + flag.created // 9,
        "creationDate": ctx.days_ago(flag.created),
        "archived": flag.archived,
        "deprecated": flag.deprecated is not None,
    }
    if flag.archived:
        fields["archivedDate"] = ctx.history.archived_at(project, flag, ctx.now)
    if flag.deprecated is not None:
        fields["deprecatedDate"] = ctx.days_ago(flag.deprecated)
    if (flag.ready_for_code_removal or flag.ready_to_archive) and "stale verdicts" not in ctx.missing:
        fields["stale"] = {
            "readyForCodeRemoval": flag.ready_for_code_removal,
            "readyToArchive": flag.ready_to_archive,
        }
    return fields


def _migration_fields(flag: Flag, expand: frozenset[str]) -> Json:
    if not flag.stages:
        return {}
    settings = {"contextKind": "user", "stageCount": flag.stages}
    return {"_purpose": "migration"} | ({"migrationSettings": settings} if "migrationSettings" in expand else {})


def link(href: str) -> Json:
    """Return a link to another resource."""
    return {"href": href, "type": "application/json"}


def targeting_json(
    ctx: RequestContext, project: Project, environment: Environment, flag: Flag, expand: frozenset[str]
) -> Json:
    """Return a flag's targeting in one environment."""
    config = ctx.history.config(project, environment, flag, ctx.now)
    path = f"{project.key}/{environment.key}/{flag.key}"
    return {
        "_environmentName": environment.name,
        "_site": {"href": f"/{project.key}/{environment.key}/features/{flag.key}", "type": "text/html"},
        "_summary": _summary(flag, config),
        "archived": flag.archived,
        "on": config.on,
        "salt": object_id("salt", path),
        "sel": object_id("sel", path),
        "trackEvents": False,
        "trackEventsFallthrough": flag.experiment is not None,
        "targets": _targets(config, user=True),
        "contextTargets": _targets(config, user=False),
        "rules": [_rule_json(path, index, rule) for index, rule in enumerate(config.rules)],
        "fallthrough": _serve_json(config.serve, config.rollout, config.context_kind, config.bucket_by),
        "prerequisites": [{"key": one.key, "variation": one.variation} for one in config.prerequisites],
        **({} if config.off is None else {"offVariation": config.off}),
        **_version_fields(modified_at(ctx, project, environment, flag)),
        **_expanded_fields(flag, config, expand),
    }


def modified_at(ctx: RequestContext, project: Project, environment: Environment, flag: Flag) -> int:
    """Return when a flag's targeting was last modified."""
    return ctx.history.last_modified(project, environment, ctx.now).get(flag.key, ctx.days_ago(flag.created))


def _version_fields(last_modified: int) -> Json:
    """Return a version, which must increase with every change; its value doesn't matter."""
    return {"version": last_modified // (6 * HOUR_MILLIS) % 10_000, "lastModified": last_modified}


def _summary(flag: Flag, config: Config) -> Json:
    variations = {str(index): _variation_summary(config, index) for index in range(len(flag.variations))}
    return {"variations": variations, "prerequisites": len(config.prerequisites)}


def _variation_summary(config: Config, index: int) -> Json:
    summary: Json = {
        "rules": sum(not rule.rollout and rule.variation == index for rule in config.rules),
        "nullRules": 0,
        "targets": sum(len(target["values"]) for target in _targets(config, user=True) if target["variation"] == index),
        "contextTargets": sum(
            len(target["values"]) for target in _targets(config, user=False) if target["variation"] == index
        ),
    }
    if config.rollout[index:]:
        summary["rollout"] = config.rollout[index] * 1000
    elif not config.rollout and config.serve == index:
        summary["isFallthrough"] = True
    return summary | ({"isOff": True} if config.off == index else {})


def _targets(config: Config, *, user: bool) -> list[Json]:
    """Return the targets of kind `user`, or those of all other kinds, which LaunchDarkly lists separately."""
    return [
        {"contextKind": target.kind, "values": list(target.values), "variation": target.variation}
        for target in config.targets
        if (target.kind == "user") == user
    ]


def _rule_json(path: str, index: int, rule: Rule) -> Json:
    return {
        "_id": object_id("rule", path, str(index)),
        "description": rule.description,
        "trackEvents": False,
        "clauses": [_clause_json(path, index, number, clause) for number, clause in enumerate(rule.clauses)],
        **_serve_json(rule.variation, rule.rollout),
    }


def _clause_json(path: str, rule_index: int, index: int, clause: Clause) -> Json:
    return {
        "_id": object_id("clause", path, str(rule_index), str(index)),
        "attribute": clause.attribute,
        "op": clause.op,
        "values": list(clause.values),
        "contextKind": clause.kind,
        "negate": clause.negate,
    }


def _serve_json(variation: int, rollout: Sequence[int], context_kind: str = "user", bucket_by: str = "") -> Json:
    if not rollout:
        return {"variation": variation}
    weights = [{"variation": index, "weight": percent * 1000} for index, percent in enumerate(rollout)]
    rollout_json = {"variations": weights, "contextKind": context_kind}
    return {"rollout": rollout_json | ({"bucketBy": bucket_by} if bucket_by else {})}


def _expanded_fields(flag: Flag, config: Config, expand: frozenset[str]) -> Json:
    fields: Json = {}
    if "evaluation" in expand:
        fields["evaluation"] = {"contextKinds": sorted({"user", *(target.kind for target in config.targets)})}
    if "migrationSettings" in expand and flag.stages:
        fields["migrationSettings"] = {"checkRatio": 1}
    return fields
