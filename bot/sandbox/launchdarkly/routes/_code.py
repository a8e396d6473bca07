"""A flag's references in each repository that holds code for it; none once it has left the code."""

from bot.sandbox.launchdarkly.company import Flag, Repository, object_id
from bot.sandbox.launchdarkly.history import seeded_rng
from bot.sandbox.launchdarkly.request import Json, RequestContext
from bot.sandbox.launchdarkly.routes._formats import link

DEFAULT_BRANCH = "main"


def references(flag: Flag, ctx: RequestContext) -> list[Json]:
    """Return the statistics of a flag's references in the default branches, repository by repository."""
    if flag.archived or flag.left_code is not None:
        return []
    return [_statistics_json(flag, one, ctx) for one in ctx.company.repositories_of(flag)]


def _statistics_json(flag: Flag, repository: Repository, ctx: RequestContext) -> Json:
    rng = seeded_rng(ctx.history.seed, repository.name, flag.project, flag.key)
    file_count = rng.randint(1, 2 if flag.status == "new" else 7)
    return repository_json(repository) | {
        "fileCount": file_count,
        "hunkCount": file_count + rng.randint(0, 2 * file_count),
        "latestCommitTime": ctx.days_ago(min(flag.created, rng.randint(1, 40))),
    }


def repository_json(repository: Repository) -> Json:
    """Return what LaunchDarkly says of a repository wherever it is mentioned."""
    return {
        "name": repository.name,
        "type": repository.type,
        "sourceLink": repository.url,
        "defaultBranch": DEFAULT_BRANCH,
        "enabled": True,
        "version": 1 + int(object_id("repository", repository.name)[:2], 16),
        "_links": {"self": link(f"/api/v2/code-refs/repositories/{repository.name}")},
    }
