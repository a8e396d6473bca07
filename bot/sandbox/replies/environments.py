"""The environments of a project. Like the real list it holds SDK keys, which whoever reads it must not keep."""

from bot.sandbox.company import Environment
from bot.sandbox.query import Key
from bot.sandbox.query import Query as Base
from bot.sandbox.world import Json, World

PATH = "/api/v2/projects/{projectKey}/environments"
BETA = False


class Query(Base):
    project_key: Key
    limit: int = 20
    offset: int = 0


def reply(world: World, query: Query) -> Json:
    environments = world.project(query.project_key).environments
    page = environments[query.offset : query.offset + query.limit]
    return {"totalCount": len(environments), "items": [_environment(found) for found in page], "_links": {}}


def _environment(found: Environment) -> Json:
    switches = ("secureMode", "defaultTrackEvents", "requireComments", "confirmChanges")
    return {
        "_id": f"env-{found.key}",
        "_links": {},
        "key": found.key,
        "name": found.key.capitalize(),
        "apiKey": "sdk-00000000-0000-0000-0000-000000000000",
        "mobileKey": "mob-00000000-0000-0000-0000-000000000000",
        "color": "417505",
        "defaultTtl": 0,
        "tags": [],
        "critical": found.key == "production",
        **dict.fromkeys(switches, False),
    }
