"""The filters of a project's list of flags: those of LaunchDarkly's for which the sandbox has the data."""

import json
from collections.abc import Callable, Mapping

from bot.sandbox.launchdarkly.company import Flag, Project
from bot.sandbox.launchdarkly.request import ApiError, RequestContext, invalid_request, matches
from bot.sandbox.launchdarkly.routes._code import references

Predicate = Callable[[Flag], bool]
STATES = {"archived": (True, False), "deprecated": (False, True), "live": (False, False)}
TYPES = {"temporary": True, "permanent": False}
BOOLEANS = {"true": True, "false": False}


def predicates(filters: Mapping[str, str], project: Project, ctx: RequestContext) -> list[Predicate]:
    """Return what a flag must be; without a state, it must not be archived."""
    if "code references" in ctx.missing and any(name.startswith("codeReferences.") for name in filters):
        raise ApiError(403)
    try:
        wanted = [FILTERS[name](value, ctx) for name, value in filters.items() if name in FILTERS]
        if "evaluated" in filters:
            wanted.append(_evaluated(filters["evaluated"], filters["filterEnv"], project, ctx))
    except (KeyError, TypeError, ValueError):
        raise invalid_request({"filter": "is invalid"}) from None
    return wanted if "state" in filters else [*wanted, lambda flag: not flag.archived]


def _state(value: str, _: RequestContext) -> Predicate:
    state = STATES[value]
    return lambda flag: (flag.archived, not flag.archived and flag.deprecated is not None) == state


def _type(value: str, _: RequestContext) -> Predicate:
    temporary = TYPES[value]
    return lambda flag: flag.temporary == temporary


def _has_experiment(value: str, _: RequestContext) -> Predicate:
    wanted = BOOLEANS[value]
    return lambda flag: (flag.experiment is not None) == wanted


def _tags(value: str, _: RequestContext) -> Predicate:
    tags = {tag for tag in value.split("+") if tag}
    return lambda flag: tags <= set(flag.tags)


def _created(value: str, ctx: RequestContext) -> Predicate:
    before = int(json.loads(value)["before"])
    return lambda flag: ctx.days_ago(flag.created) < before


def _min_references(value: str, ctx: RequestContext) -> Predicate:
    least = int(value)
    return lambda flag: len(references(flag, ctx)) >= least


def _max_references(value: str, ctx: RequestContext) -> Predicate:
    most = int(value)
    return lambda flag: len(references(flag, ctx)) <= most


def _evaluated(value: str, environment_key: str, project: Project, ctx: RequestContext) -> Predicate:
    after = int(json.loads(value)["after"])
    _, environment = ctx.project_env(project.key, environment_key)
    return lambda flag: (ctx.last_requested(flag, environment) or 0) > after


FILTERS: Mapping[str, Callable[[str, RequestContext], Predicate]] = {
    "applicationEvaluated": lambda value, _: lambda flag: value in flag.apps,
    "codeReferences.max": _max_references,
    "codeReferences.min": _min_references,
    "creationDate": _created,
    "hasExperiment": _has_experiment,
    "maintainerId": lambda value, _: lambda flag: flag.maintainer_id == value,
    "maintainerTeamKey": lambda value, _: lambda flag: flag.maintainer_team == value,
    "query": lambda value, _: lambda flag: matches(value, flag.key, flag.name),
    "state": _state,
    "tags": _tags,
    "type": _type,
}
KNOWN_FILTERS = (*FILTERS, "evaluated", "filterEnv")
