"""How often a project's flags are found in each repository. A flag that isn't found anywhere isn't mentioned."""

from bot.sandbox.launchdarkly.request import Json, RequestContext
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._code import references
from bot.sandbox.launchdarkly.routes._formats import link

PATH = "/api/v2/code-refs/statistics/{projectKey}"
BETA = False


class Query(AnyQuery):
    project_key: str
    flag_key: str | None = None


def reply(ctx: RequestContext, query: Query) -> Json:
    project = ctx.project(query.project_key)
    found = {
        flag.key: references(flag, ctx) for flag in ctx.company.flags_of(project) if query.flag_key in (None, flag.key)
    }
    return {
        "_links": {"self": link(PATH.format(projectKey=project.key))},
        "flags": {key: statistics for key, statistics in found.items() if statistics},
    }
