"""The repositories that are scanned for flags. The sandbox has no lines of code, so it can't embed references."""

from bot.sandbox.launchdarkly.company import Repository, object_id
from bot.sandbox.launchdarkly.request import Json, RequestContext, invalid_request
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._code import DEFAULT_BRANCH, references, repository_json
from bot.sandbox.launchdarkly.routes._formats import link

PATH = "/api/v2/code-refs/repositories"
BETA = False


class Query(AnyQuery):
    with_branches: str = ""
    with_references_for_default_branch: str = ""
    proj_key: str | None = None
    flag_key: str | None = None


def reply(ctx: RequestContext, query: Query) -> Json:
    if query.with_references_for_default_branch:
        raise invalid_request({"withReferencesForDefaultBranch": "is invalid"})
    return {
        "_links": {"self": link(PATH)},
        "items": [
            repository_json(one) | (_branches_json(one, ctx) if query.with_branches else {})
            for one in ctx.company.repositories
            if _matches(one, query, ctx)
        ],
    }


def _matches(repository: Repository, query: Query, ctx: RequestContext) -> bool:
    """Return whether the repository mentions any flag that the query names."""
    if query.proj_key is None and query.flag_key is None:
        return True
    return any(
        repository.name == found["name"]
        for flag in ctx.company.flags
        if query.proj_key in (None, flag.project) and query.flag_key in (None, flag.key)
        for found in references(flag, ctx)
    )


def _branches_json(repository: Repository, ctx: RequestContext) -> Json:
    head = object_id("head", repository.name)
    branch = {"name": DEFAULT_BRANCH, "head": head, "syncTime": ctx.days_ago(1), "_links": {}}
    return {"branches": [branch]}
