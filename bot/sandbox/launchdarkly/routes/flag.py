"""One flag, with its targeting in each environment."""

from bot.sandbox.launchdarkly.context import Json, RequestContext
from bot.sandbox.launchdarkly.errors import not_found
from bot.sandbox.launchdarkly.params import Keys
from bot.sandbox.launchdarkly.params import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._flag_json import flag_json
from bot.sandbox.launchdarkly.routes._targeting import targeting_json

PATH = "/api/v2/flags/{projectKey}/{featureFlagKey}"
BETA = False


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
