"""References to flags in code: the repositories, how often each mentions a flag, and extinctions.

An extinction is the commit that removed a flag's last reference from a repository; they are listed newest first. A flag
that isn't found anywhere isn't mentioned in the statistics. The sandbox has no lines of code, so it can't embed
references in its repositories.
"""

from collections import defaultdict

from pydantic import Field

from bot.sandbox.launchdarkly.company import Flag, Repository, object_id
from bot.sandbox.launchdarkly.history import seeded_rng
from bot.sandbox.launchdarkly.request import Json, Query, RequestContext, RouteSpec, invalid_request
from bot.sandbox.launchdarkly.routes._formats import link

STATISTICS_PATH = "/api/v2/code-refs/statistics/{projectKey}"
REPOSITORIES_PATH = "/api/v2/code-refs/repositories"
EXTINCTIONS_PATH = "/api/v2/code-refs/extinctions"
DEFAULT_BRANCH = "main"


def references(flag: Flag, ctx: RequestContext) -> list[Json]:
    """Return the statistics of a flag's references in each repository that mentions it; none once it left the code."""
    if flag.archived or flag.left_code is not None:
        return []
    return [_statistics_json(flag, one, ctx) for one in ctx.company.repositories_of(flag)]


def _statistics_json(flag: Flag, repository: Repository, ctx: RequestContext) -> Json:
    rng = seeded_rng(ctx.history.seed, repository.name, flag.project, flag.key)
    file_count = rng.randint(1, 2 if flag.status == "new" else 7)
    return _repository_json(repository) | {
        "fileCount": file_count,
        "hunkCount": file_count + rng.randint(0, 2 * file_count),
        "latestCommitTime": ctx.days_ago(min(flag.created, rng.randint(1, 40))),
    }


def _repository_json(repository: Repository) -> Json:
    """Return what LaunchDarkly says of a repository wherever it is mentioned."""
    return {
        "name": repository.name,
        "type": repository.type,
        "sourceLink": repository.url,
        "defaultBranch": DEFAULT_BRANCH,
        "enabled": True,
        "version": 1 + int(object_id("repository", repository.name)[:2], 16),
        "_links": {"self": link(f"{REPOSITORIES_PATH}/{repository.name}")},
    }


class StatisticsQuery(Query):
    project_key: str
    flag_key: str | None = None


def statistics(ctx: RequestContext, query: StatisticsQuery) -> Json:
    project = ctx.project(query.project_key)
    found = {
        flag.key: references(flag, ctx) for flag in ctx.company.flags_of(project) if query.flag_key in (None, flag.key)
    }
    return {
        "_links": {"self": link(STATISTICS_PATH.format(projectKey=project.key))},
        "flags": {key: items for key, items in found.items() if items},
    }


class RepositoriesQuery(Query):
    with_branches: str = ""
    with_references_for_default_branch: str = ""
    proj_key: str | None = None
    flag_key: str | None = None


def repositories(ctx: RequestContext, query: RepositoriesQuery) -> Json:
    if query.with_references_for_default_branch:
        raise invalid_request({"withReferencesForDefaultBranch": "is invalid"})
    return {
        "_links": {"self": link(REPOSITORIES_PATH)},
        "items": [
            _repository_json(one) | (_branches_json(one, ctx) if query.with_branches else {})
            for one in ctx.company.repositories
            if _mentions_flag(one, query, ctx)
        ],
    }


def _mentions_flag(repository: Repository, query: RepositoriesQuery, ctx: RequestContext) -> bool:
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


class ExtinctionsQuery(Query):
    repo_name: str | None = None
    branch_name: str = DEFAULT_BRANCH
    proj_key: str | None = None
    flag_key: str | None = None
    since: int | None = Field(None, alias="from")
    until: int | None = Field(None, alias="to")


def extinctions(ctx: RequestContext, query: ExtinctionsQuery) -> Json:
    if (query.since is None) != (query.until is None):
        raise invalid_request({"from" if query.since is None else "to": "must be present"})
    items: defaultdict[str, list[Json]] = defaultdict(list)
    for at, flag in _removals(ctx):
        for repository in ctx.company.repositories_of(flag):
            if _matches(flag, at, repository, query):
                items[repository.name].append(_extinction_json(flag, at))
    return {"_links": {"self": link(EXTINCTIONS_PATH)}, "items": dict(items)}


def _removals(ctx: RequestContext) -> list[tuple[int, Flag]]:
    gone = [(ctx.days_ago(flag.left_code), flag) for flag in ctx.company.flags if flag.left_code is not None]
    return sorted(gone, key=lambda one: one[0], reverse=True)


def _matches(flag: Flag, at: int, repository: Repository, query: ExtinctionsQuery) -> bool:
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


ROUTES = (
    RouteSpec(STATISTICS_PATH, StatisticsQuery, statistics),
    RouteSpec(REPOSITORIES_PATH, RepositoriesQuery, repositories),
    RouteSpec(EXTINCTIONS_PATH, ExtinctionsQuery, extinctions),
)
