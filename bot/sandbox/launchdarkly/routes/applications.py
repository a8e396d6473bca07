"""The applications of the whole account: an application belongs to no project, and the list is in beta."""

from pydantic import Field

from bot.sandbox.launchdarkly.company import Application
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import invalid
from bot.sandbox.launchdarkly.event_generator import DAY
from bot.sandbox.launchdarkly.params import Keys
from bot.sandbox.launchdarkly.routes._page import PageQuery, page

PATH = "/api/v2/applications"
BETA = True
AGE = 400  # days


class Query(PageQuery):
    limit: int = Field(10, ge=1, le=100)
    expand: Keys = frozenset()


def reply(world: World, query: Query) -> Json:
    if query.filter or query.expand:  # which have a grammar of their own here, and nobody needs them
        raise invalid({"filter" if query.filter else "expand": "is invalid"})
    items, around = page(PATH, world.company.applications, query)
    return around | {"items": [_application(one, world) for one in items]}


def _application(application: Application, world: World) -> Json:
    return {
        "key": application.key,
        "name": application.name,
        "kind": application.kind,
        "autoAdded": True,
        "creationDate": world.days_ago(AGE) // DAY * DAY,
        "_version": 1,
        "_links": {"self": {"href": f"{PATH}/{application.key}", "type": "application/json"}},
    }
