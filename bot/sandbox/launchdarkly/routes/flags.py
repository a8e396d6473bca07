"""The flags of a project, page by page. Archived ones are told only where the filter asks for them."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from bot.sandbox.launchdarkly.company import Environment, Flag, Project
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import invalid
from bot.sandbox.launchdarkly.params import Key, Keys
from bot.sandbox.launchdarkly.routes._flag import described
from bot.sandbox.launchdarkly.routes._page import PageQuery, matches, page
from bot.sandbox.launchdarkly.routes._targeting import targeting

PATH = "/api/v2/flags/{projectKey}"
BETA = False
WHOLE = ("rules", "targets", "contextTargets", "fallthrough", "prerequisites", "offVariation")  # but in a summary
SORTS: dict[str, Callable[[Flag], Any]] = {
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


def reply(world: World, query: Query) -> Json:
    project = world.project(query.project_key)
    found = _sorted([flag for flag in world.company.flags_of(project) if _wanted(flag, query)], query.sort)
    items, around = page(PATH.format(projectKey=project.key), found, query)
    return around | {"items": [_told(flag, project, world, query) for flag in items]}


def _wanted(flag: Flag, query: Query) -> bool:
    filters = query.filters("query", "state", "type", "tags")
    state, kind = filters.get("state"), filters.get("type")
    if state not in (None, *STATES) or kind not in (None, *TYPES):
        raise invalid({"filter": "is invalid"})
    tags = {tag for tag in filters.get("tags", "").split("+") if tag}
    here = (flag.archived, not flag.archived and flag.deprecated is not None)
    return (
        matches(filters.get("query", ""), flag.key, flag.name)
        and (here == STATES[state] if state else not flag.archived)
        and (kind is None or flag.temporary == TYPES[kind])
        and tags <= set(flag.tags)
    )


def _sorted(flags: list[Flag], sort: str) -> list[Flag]:
    by = SORTS.get(sort.removeprefix("-"))
    if by is None:
        raise invalid({"sort": "is invalid"})
    return sorted(flags, key=by, reverse=sort.startswith("-"))


def _told(flag: Flag, project: Project, world: World, query: Query) -> Json:
    """A flag tells of environments only where these are named."""
    told = described(flag, project, world, query.expand)
    return told | {"environments": dict(_environments(flag, project, world, query))} if query.env else told


def _environments(flag: Flag, project: Project, world: World, query: Query) -> Iterator[tuple[str, Json]]:
    in_short = query.summary in ("1", "true")
    for environment in _named(project, query.env):
        config = targeting(world, project, environment, flag, query.expand)
        yield environment.key, {key: value for key, value in config.items() if not (in_short and key in WHOLE)}


def _named(project: Project, keys: tuple[str, ...]) -> list[Environment]:
    return [one for one in project.environments if one.key in keys]
