"""One flag, with its targeting in each environment."""

from bot.sandbox.launchdarkly.request import Json, Keys, RequestContext, RouteSpec, not_found
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._formats import flag_json, targeting_json

PATH = "/api/v2/flags/{projectKey}/{featureFlagKey}"


class Query(AnyQuery):
    project_key: str
    feature_flag_key: str
    env: tuple[str, ...] = ()
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    project = ctx.project(query.project_key)
    flag = ctx.company.flag(project, query.feature_flag_key)
    if flag is None:
        raise not_found()
    environments = {
        environment.key: targeting_json(ctx, project, environment, flag, query.expand)
        for environment in project.environments
        if not query.env or environment.key in query.env
    }
    return flag_json(flag, project, ctx, query.expand) | {"environments": environments}


ROUTES = (RouteSpec(PATH, Query, reply),)
