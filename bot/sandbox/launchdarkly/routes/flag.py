"""One flag, with what it does in each environment."""

from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import not_found
from bot.sandbox.launchdarkly.params import Keys
from bot.sandbox.launchdarkly.params import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._flag import described
from bot.sandbox.launchdarkly.routes._targeting import targeting

PATH = "/api/v2/flags/{projectKey}/{featureFlagKey}"
BETA = False


class Query(AnyQuery):
    project_key: str
    feature_flag_key: str
    env: tuple[str, ...] = ()
    expand: Keys = frozenset()


def reply(world: World, query: Query) -> Json:
    project = world.project(query.project_key)
    flag = world.company.flag(project, query.feature_flag_key)
    if flag is None:
        raise not_found()
    environments = {
        environment.key: targeting(world, project, environment, flag, query.expand)
        for environment in project.environments
        if not query.env or environment.key in query.env
    }
    return described(flag, project, world, query.expand) | {"environments": environments}
