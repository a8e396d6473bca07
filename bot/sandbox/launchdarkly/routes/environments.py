"""A project's environments. Like the real list it contains SDK keys, which a client must not keep."""

from bot.sandbox.launchdarkly.company import Environment, Project, object_id
from bot.sandbox.launchdarkly.request import Json, Key, PageQuery, RequestContext, matches, page

PATH = "/api/v2/projects/{projectKey}/environments"
BETA = False


class Query(PageQuery):
    project_key: Key


def reply(ctx: RequestContext, query: Query) -> Json:
    project = ctx.project(query.project_key)
    text = query.filters("query").get("query", "")
    environments = [one for one in project.environments if matches(text, one.key, one.name)]
    items, page_fields = page(PATH.format(projectKey=project.key), environments, query)
    return page_fields | {"items": [_environment_json(project, one) for one in items]}


def _environment_json(project: Project, environment: Environment) -> Json:
    disabled_settings = ("secureMode", "defaultTrackEvents", "requireComments", "confirmChanges")
    return {
        "_id": object_id("environment", project.key, environment.key),
        "_links": {},
        "key": environment.key,
        "name": environment.name,
        "apiKey": "sdk-00000000-0000-0000-0000-000000000000",
        "mobileKey": "mob-00000000-0000-0000-0000-000000000000",
        "color": "417505",
        "defaultTtl": 0,
        "tags": [],
        "critical": environment.key == "production",
        **dict.fromkeys(disabled_settings, False),
    }
