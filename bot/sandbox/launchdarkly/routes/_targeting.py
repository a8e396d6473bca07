"""What a flag does in one environment, in LaunchDarkly's own words: rules, targets, rollouts, and their summary."""

from collections.abc import Sequence

from bot.sandbox.launchdarkly.company import Clause, Config, Environment, Flag, Project, Rule, object_id
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.event_generator import HOUR
from bot.sandbox.launchdarkly.history import Window


def targeting(world: World, project: Project, environment: Environment, flag: Flag, expand: frozenset[str]) -> Json:
    config = world.history.config(project, environment, flag, world.now)
    place = f"{project.key}/{environment.key}/{flag.key}"
    return {
        "_environmentName": environment.name,
        "_site": {"href": f"/{project.key}/{environment.key}/features/{flag.key}", "type": "text/html"},
        "_summary": _summary(flag, config),
        "archived": flag.archived,
        "on": config.on,
        "salt": object_id("salt", place),
        "sel": object_id("sel", place),
        "trackEvents": False,
        "trackEventsFallthrough": flag.experiment is not None,
        "targets": _targets(config, user=True),
        "contextTargets": _targets(config, user=False),
        "rules": [_rule(place, index, rule) for index, rule in enumerate(config.rules)],
        "fallthrough": _served(config.serve, config.rollout, config.context_kind, config.bucket_by),
        "prerequisites": [{"key": one.key, "variation": one.variation} for one in config.prerequisites],
        **({} if config.off is None else {"offVariation": config.off}),
        **_changed(world, project, environment, flag),
        **_expanded(flag, config, expand),
    }


def _changed(world: World, project: Project, environment: Environment, flag: Flag) -> Json:
    events = world.history.events(project, environment, Window.whole(world.now))
    times = [event.at for event in events if event.flag.key == flag.key and event.environment is not None]
    modified = max(times, default=world.days_ago(flag.created))
    # A version has to grow with every change; which number it is does not matter.
    return {"version": modified // (6 * HOUR) % 10_000, "lastModified": modified}


def _summary(flag: Flag, config: Config) -> Json:
    variations = {str(index): _variation(config, index) for index in range(len(flag.variations))}
    return {"variations": variations, "prerequisites": len(config.prerequisites)}


def _variation(config: Config, index: int) -> Json:
    told: Json = {
        "rules": sum(not rule.rollout and rule.variation == index for rule in config.rules),
        "nullRules": 0,
        "targets": sum(len(target["values"]) for target in _targets(config, user=True) if target["variation"] == index),
        "contextTargets": sum(
            len(target["values"]) for target in _targets(config, user=False) if target["variation"] == index
        ),
    }
    if config.rollout[index:]:
        told["rollout"] = config.rollout[index] * 1000
    elif not config.rollout and config.serve == index:
        told["isFallthrough"] = True
    return told | ({"isOff": True} if config.off == index else {})


def _targets(config: Config, *, user: bool) -> list[Json]:
    """People and everything else (devices, organisations) are listed apart."""
    return [
        {"contextKind": target.kind, "values": list(target.values), "variation": target.variation}
        for target in config.targets
        if (target.kind == "user") == user
    ]


def _rule(place: str, index: int, rule: Rule) -> Json:
    return {
        "_id": object_id("rule", place, str(index)),
        "description": rule.description,
        "trackEvents": False,
        "clauses": [_clause(place, index, number, clause) for number, clause in enumerate(rule.clauses)],
        **_served(rule.variation, rule.rollout),
    }


def _clause(place: str, rule: int, index: int, clause: Clause) -> Json:
    return {
        "_id": object_id("clause", place, str(rule), str(index)),
        "attribute": clause.attribute,
        "op": clause.op,
        "values": list(clause.values),
        "contextKind": clause.kind,
        "negate": clause.negate,
    }


def _served(variation: int, rollout: Sequence[int], context_kind: str = "user", bucket_by: str = "") -> Json:
    if not rollout:
        return {"variation": variation}
    weights = [{"variation": index, "weight": percent * 1000} for index, percent in enumerate(rollout)]
    told = {"variations": weights, "contextKind": context_kind}
    return {"rollout": told | ({"bucketBy": bucket_by} if bucket_by else {})}


def _expanded(flag: Flag, config: Config, expand: frozenset[str]) -> Json:
    told: Json = {}
    if "evaluation" in expand:
        told["evaluation"] = {"contextKinds": sorted({"user", *(target.kind for target in config.targets)})}
    if "migrationSettings" in expand and flag.stages:
        told["migrationSettings"] = {"checkRatio": 1}
    return told
