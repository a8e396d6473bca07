"""Extinctions: the commits that removed a flag's last reference from a repository, newest first."""

from collections import defaultdict

from pydantic import Field

from bot.sandbox.launchdarkly.company import Flag, Repository, object_id
from bot.sandbox.launchdarkly.request import Json, RequestContext, invalid_request
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._code import DEFAULT_BRANCH
from bot.sandbox.launchdarkly.routes._formats import link

PATH = "/api/v2/code-refs/extinctions"
BETA = False


class Query(AnyQuery):
    repo_name: str | None = None
    branch_name: str = DEFAULT_BRANCH
    proj_key: str | None = None
    flag_key: str | None = None
    since: int | None = Field(None, alias="from")
    until: int | None = Field(None, alias="to")


def reply(ctx: RequestContext, query: Query) -> Json:
    if (query.since is None) != (query.until is None):
        raise invalid_request({"from" if query.since is None else "to": "must be present"})
    items: defaultdict[str, list[Json]] = defaultdict(list)
    for at, flag in _removals(ctx):
        for repository in ctx.company.repositories_of(flag):
            if _matches(flag, at, repository, query):
                items[repository.name].append(_extinction_json(flag, at))
    return {"_links": {"self": link(PATH)}, "items": dict(items)}


def _removals(ctx: RequestContext) -> list[tuple[int, Flag]]:
    gone = [(ctx.days_ago(flag.left_code), flag) for flag in ctx.company.flags if flag.left_code is not None]
    return sorted(gone, key=lambda one: one[0], reverse=True)


def _matches(flag: Flag, at: int, repository: Repository, query: Query) -> bool:
    return (
        query.branch_name == DEFAULT_BRANCH
        and query.repo_name in (None, repository.name)
        and query.proj_key in (None, flag.project)
        and query.flag_key in (None, flag.key)
        and (query.since is None or query.since <= at)
        and (query.until is None or at <= query.until)
    )


def _extinction_json(flag: Flag, at: int) -> Json:
    return {
        "revision": object_id("revision", flag.project, flag.key) + object_id("revision", flag.key)[:16],
        "message": f"Remove {flag.key}: {flag.name} stays",
        "time": at,
        "flagKey": flag.key,
        "projKey": flag.project,
    }
