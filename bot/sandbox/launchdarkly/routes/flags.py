"""A project's flags, in pages. Archived flags are listed only when the filter asks for them."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from bot.sandbox.launchdarkly.company import Environment, Flag, Project
from bot.sandbox.launchdarkly.request import Json, Key, Keys, PageQuery, RequestContext, invalid_request, page
from bot.sandbox.launchdarkly.routes._code import references
from bot.sandbox.launchdarkly.routes._flag_filters import KNOWN_FILTERS, predicates
from bot.sandbox.launchdarkly.routes._formats import flag_json, modified_at, targeting_json

PATH = "/api/v2/flags/{projectKey}"
BETA = False
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


class Query(PageQuery):
    project_key: Key
    tag: str | None = None
    env: tuple[str, ...] = Field((), max_length=3)
    summary: Literal["0", "1", "false", "true"] = "true"
    sort: str = "key"
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    project = ctx.project(query.project_key)
    wanted = predicates(query.filters(*KNOWN_FILTERS), project, ctx)
    flags = [
        flag
        for flag in ctx.company.flags_of(project)
        if query.tag in (None, *flag.tags) and all(matches(flag) for matches in wanted)
    ]
    items, page_fields = page(PATH.format(projectKey=project.key), _sorted(flags, project, ctx, query), query)
    return page_fields | {"items": [_flag_json(flag, project, ctx, query) for flag in items]}


def _sorted(flags: list[Flag], project: Project, ctx: RequestContext, query: Query) -> list[Flag]:
    """Sort by each field in turn, the last one first, because sorting is stable."""
    for field in reversed(query.sort.split(",")):
        sort_key = _sort_key(field.removeprefix("-"), project, ctx, query)
        flags = sorted(flags, key=sort_key, reverse=field.startswith("-"))
    return flags


def _sort_key(name: str, project: Project, ctx: RequestContext, query: Query) -> Callable[[Flag], Any]:
    """Return what to sort by. When targeting was modified depends on the first environment, and goes with no other."""
    environment = project.environment(query.env[0]) if query.env else None
    if name == MODIFIED and environment is not None and "," not in query.sort:
        return lambda flag: modified_at(ctx, project, environment, flag)
    if name not in SORT_KEYS:
        raise invalid_request({"sort": "is invalid"})
    return SORT_KEYS[name]


def _flag_json(flag: Flag, project: Project, ctx: RequestContext, query: Query) -> Json:
    """Return a flag, with its environments only if the request names some."""
    fields = flag_json(flag, project, ctx, query.expand)
    if "codeReferences" in query.expand and "code references" not in ctx.missing:
        fields["codeReferences"] = {"items": references(flag, ctx)}
    return fields | {"environments": dict(_environment_items(flag, project, ctx, query))} if query.env else fields


def _environment_items(flag: Flag, project: Project, ctx: RequestContext, query: Query) -> Iterator[tuple[str, Json]]:
    summary_only = query.summary in ("1", "true")
    for environment in _environments_with_keys(project, query.env):
        config = targeting_json(ctx, project, environment, flag, query.expand)
        yield (
            environment.key,
            {key: value for key, value in config.items() if not (summary_only and key in DETAIL_KEYS)},
        )


def _environments_with_keys(project: Project, keys: tuple[str, ...]) -> list[Environment]:
    return [one for one in project.environments if one.key in keys]
