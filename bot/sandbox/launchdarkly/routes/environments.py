"""The environments of a project. Like the real list it holds SDK keys, which whoever reads it must not keep."""

from bot.sandbox.launchdarkly.company import Environment, Project, object_id
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.params import Key
from bot.sandbox.launchdarkly.routes._page import PageQuery, matches, page

PATH = "/api/v2/projects/{projectKey}/environments"
BETA = False


class Query(PageQuery):
    project_key: Key


def reply(world: World, query: Query) -> Json:
    project = world.project(query.project_key)
    wanted = query.filters("query").get("query", "")
    found = [one for one in project.environments if matches(wanted, one.key, one.name)]
    items, around = page(PATH.format(projectKey=project.key), found, query)
    return around | {"items": [_environment(project, one) for one in items]}


def _environment(project: Project, found: Environment) -> Json:
    switches = ("secureMode", "defaultTrackEvents", "requireComments", "confirmChanges")
    return {
        "_id": object_id("environment", project.key, found.key),
        "_links": {},
        "key": found.key,
        "name": found.name,
        "apiKey": "sdk-00000000-0000-0000-0000-000000000000",
        "mobileKey": "mob-00000000-0000-0000-0000-000000000000",
        "color": "417505",
        "defaultTtl": 0,
        "tags": [],
        "critical": found.key == "production",
        **dict.fromkeys(switches, False),
    }
