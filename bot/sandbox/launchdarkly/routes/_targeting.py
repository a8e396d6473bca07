"""A flag's targeting in one environment, in LaunchDarkly's format: rules, targets, rollouts, and their summary."""

from collections.abc import Sequence

from bot.sandbox.launchdarkly.company import Clause, Config, Environment, Flag, Project, Rule, object_id
from bot.sandbox.launchdarkly.context import Json, RequestContext
from bot.sandbox.launchdarkly.event_generator import HOUR_MILLIS
from bot.sandbox.launchdarkly.history import Window


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
        **_version_fields(ctx, project, environment, flag),
        **_expanded_fields(flag, config, expand),
    }


def _version_fields(ctx: RequestContext, project: Project, environment: Environment, flag: Flag) -> Json:
    events = ctx.history.events(project, environment, Window.full(ctx.now))
    times = [event.at for event in events if event.flag.key == flag.key and event.environment is not None]
    modified_at = max(times, default=ctx.days_ago(flag.created))
    # A version must increase with every change; its value doesn't matter.
    return {"version": modified_at // (6 * HOUR_MILLIS) % 10_000, "lastModified": modified_at}


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
