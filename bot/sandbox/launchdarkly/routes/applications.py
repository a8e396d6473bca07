"""The applications of the whole account, in beta: in LaunchDarkly, an application belongs to no project."""

from pydantic import Field

from bot.sandbox.launchdarkly.company import Application
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS
from bot.sandbox.launchdarkly.request import Json, Keys, PageQuery, RequestContext, invalid_request, page

PATH = "/api/v2/applications"
BETA = True
CREATED_DAYS_AGO = 400


class Query(PageQuery):
    limit: int = Field(10, ge=1, le=100)
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    if query.filter or query.expand:  # they have a different syntax here, and the bot doesn't use them
        raise invalid_request({"filter" if query.filter else "expand": "is invalid"})
    items, page_fields = page(PATH, ctx.company.applications, query)
    return page_fields | {"items": [_application_json(one, ctx) for one in items]}


def _application_json(application: Application, ctx: RequestContext) -> Json:
    return {
        "key": application.key,
        "name": application.name,
        "kind": application.kind,
        "autoAdded": True,
        "creationDate": ctx.days_ago(CREATED_DAYS_AGO) // DAY_MILLIS * DAY_MILLIS,
        "_version": 1,
        "_links": {"self": {"href": f"{PATH}/{application.key}", "type": "application/json"}},
    }
