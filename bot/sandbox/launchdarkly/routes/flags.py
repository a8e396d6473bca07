"""A project's flags, in pages. Archived flags are listed only when the filter asks for them."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from bot.sandbox.launchdarkly.company import Environment, Flag, Project
from bot.sandbox.launchdarkly.request import Json, Key, Keys, PageQuery, RequestContext, invalid_request, matches, page
from bot.sandbox.launchdarkly.routes._formats import flag_json, targeting_json

PATH = "/api/v2/flags/{projectKey}"
BETA = False
# Omitted from a summary.
DETAIL_KEYS = ("rules", "targets", "contextTargets", "fallthrough", "prerequisites", "offVariation")
SORT_KEYS: dict[str, Callable[[Flag], Any]] = {
    "creationDate": lambda flag: -flag.created,
    "key": lambda flag: flag.key,
    "name": lambda flag: flag.name,
    "type": lambda flag: flag.temporary,
}
STATES = {"archived": (True, False), "deprecated": (False, True), "live": (False, False)}
TYPES = {"temporary": True, "permanent": False}


class Query(PageQuery):
    project_key: Key
    env: tuple[str, ...] = Field((), max_length=3)
    summary: Literal["0", "1", "false", "true"] = "true"
    sort: str = "key"
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    project = ctx.project(query.project_key)
    flags = _sorted([flag for flag in ctx.company.flags_of(project) if _matches(flag, query)], query.sort)
    items, page_fields = page(PATH.format(projectKey=project.key), flags, query)
    return page_fields | {"items": [_flag_json(flag, project, ctx, query) for flag in items]}


def _matches(flag: Flag, query: Query) -> bool:
    filters = query.filters("query", "state", "type", "tags")
    state, kind = filters.get("state"), filters.get("type")
    if state not in (None, *STATES) or kind not in (None, *TYPES):
        raise invalid_request({"filter": "is invalid"})
    tags = {tag for tag in filters.get("tags", "").split("+") if tag}
    flag_state = (flag.archived, not flag.archived and flag.deprecated is not None)
    return (
        matches(filters.get("query", ""), flag.key, flag.name)
        and (flag_state == STATES[state] if state else not flag.archived)
        and (kind is None or flag.temporary == TYPES[kind])
        and tags <= set(flag.tags)
    )


def _sorted(flags: list[Flag], sort: str) -> list[Flag]:
    sort_key = SORT_KEYS.get(sort.removeprefix("-"))
    if sort_key is None:
        raise invalid_request({"sort": "is invalid"})
    return sorted(flags, key=sort_key, reverse=sort.startswith("-"))


def _flag_json(flag: Flag, project: Project, ctx: RequestContext, query: Query) -> Json:
    """Return a flag, with its environments only if the request names some."""
    fields = flag_json(flag, project, ctx, query.expand)
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
