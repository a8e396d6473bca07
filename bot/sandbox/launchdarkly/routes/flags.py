"""A project's flags, in pages, and their statuses in one environment, all at once.

Archived flags are listed only when the filter asks for them. The filters are those of LaunchDarkly's for which the
sandbox has the data.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from bot.sandbox.launchdarkly.company import Environment, Flag, Project
from bot.sandbox.launchdarkly.request import (
    ApiError,
    Json,
    Key,
    Keys,
    PageQuery,
    Query,
    RequestContext,
    RouteSpec,
    invalid_request,
    matches,
    page,
)
from bot.sandbox.launchdarkly.routes._formats import flag_json, link, modified_at, targeting_json
from bot.sandbox.launchdarkly.routes.code_references import references

STATUSES_PATH = "/api/v2/flag-statuses/{projectKey}/{environmentKey}"
FLAGS_PATH = "/api/v2/flags/{projectKey}"
# Omitted from a summary.
DETAIL_KEYS = ("rules", "targets", "contextTargets", "fallthrough", "prerequisites", "offVariation")
SORT_KEYS: dict[str, Callable[[Flag], Any]] = {
    "creationDate": lambda flag: -flag.created,
    "key": lambda flag: flag.key,
    "maintainerId": lambda flag: flag.maintainer_id,
    "name": lambda flag: flag.name,
    "tags": lambda flag: flag.tags,
    "type": lambda flag: flag.temporary,
}
MODIFIED = "targetingModifiedDate"
Predicate = Callable[[Flag], bool]
STATES = {"archived": (True, False), "deprecated": (False, True), "live": (False, False)}
TYPES = {"temporary": True, "permanent": False}
BOOLEANS = {"true": True, "false": False}


class FlagsQuery(PageQuery):
    project_key: Key
    tag: str | None = None
    env: tuple[str, ...] = Field((), max_length=3)
    summary: Literal["0", "1", "false", "true"] = "true"
    sort: str = "key"
    expand: Keys = frozenset()


def flags(ctx: RequestContext, query: FlagsQuery) -> Json:
    project = ctx.project(query.project_key)
    wanted = _predicates(query.filters(*KNOWN_FILTERS), project, ctx)
    matching = [
        flag
        for flag in ctx.company.flags_of(project)
        if query.tag in (None, *flag.tags) and all(holds(flag) for holds in wanted)
    ]
    items, page_fields = page(FLAGS_PATH.format(projectKey=project.key), _sorted(matching, project, ctx, query), query)
    return page_fields | {"items": [_flag_json(flag, project, ctx, query) for flag in items]}


def _sorted(flags: list[Flag], project: Project, ctx: RequestContext, query: FlagsQuery) -> list[Flag]:
    """Sort by each field in turn, the last one first, because sorting is stable."""
    for field in reversed(query.sort.split(",")):
        sort_key = _sort_key(field.removeprefix("-"), project, ctx, query)
        flags = sorted(flags, key=sort_key, reverse=field.startswith("-"))
    return flags


def _sort_key(name: str, project: Project, ctx: RequestContext, query: FlagsQuery) -> Callable[[Flag], Any]:
    """Return what to sort by. When targeting was modified depends on the first environment, and goes with no other."""
    environment = project.environment(query.env[0]) if query.env else None
    if name == MODIFIED and environment is not None and "," not in query.sort:
        return lambda flag: modified_at(ctx, project, environment, flag)
    if name not in SORT_KEYS:
        raise invalid_request({"sort": "is invalid"})
    return SORT_KEYS[name]


def _flag_json(flag: Flag, project: Project, ctx: RequestContext, query: FlagsQuery) -> Json:
    """Return a flag, with its environments only if the request names some."""
    fields = flag_json(flag, project, ctx, query.expand)
    if "codeReferences" in query.expand and "code references" not in ctx.missing:
        fields["codeReferences"] = {"items": references(flag, ctx)}
    return fields | {"environments": dict(_environment_items(flag, project, ctx, query))} if query.env else fields


def _environment_items(
    flag: Flag, project: Project, ctx: RequestContext, query: FlagsQuery
) -> Iterator[tuple[str, Json]]:
    summary_only = query.summary in ("1", "true")
    for environment in _environments_with_keys(project, query.env):
        config = targeting_json(ctx, project, environment, flag, query.expand)
        yield (
            environment.key,
            {key: value for key, value in config.items() if not (summary_only and key in DETAIL_KEYS)},
        )


def _environments_with_keys(project: Project, keys: tuple[str, ...]) -> list[Environment]:
    return [one for one in project.environments if one.key in keys]


def _predicates(filters: Mapping[str, str], project: Project, ctx: RequestContext) -> list[Predicate]:
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


class StatusesQuery(Query):
    project_key: str
    environment_key: str


def statuses(ctx: RequestContext, query: StatusesQuery) -> Json:
    project, environment = ctx.project_env(query.project_key, query.environment_key)
    flags = [flag for flag in ctx.company.flags_of(project) if not flag.archived]
    path = STATUSES_PATH.format(projectKey=project.key, environmentKey=environment.key)
    return {
        "_links": {"self": link(path)},
        "items": [_status_json(flag, environment, path, ctx) for flag in flags],
    }


def _status_json(flag: Flag, environment: Environment, path: str, ctx: RequestContext) -> Json:
    """Return a flag's status, whose links alone tell which flag it is about.

    One that was never requested has neither a time nor a default.
    """
    links = {"parent": link(f"/api/v2/flags/{flag.project}/{flag.key}"), "self": link(f"{path}/{flag.key}")}
    status: Json = {"_links": links, "name": flag.status_at(environment.key)}
    requested_at = ctx.last_requested(flag, environment)
    if requested_at is None:
        return status
    time = datetime.fromtimestamp(requested_at / 1000, UTC).isoformat(timespec="milliseconds")
    return status | {"lastRequested": time.replace("+00:00", "Z"), "default": flag.variations[-1].value}


ROUTES = (RouteSpec(FLAGS_PATH, FlagsQuery, flags), RouteSpec(STATUSES_PATH, StatusesQuery, statuses))
