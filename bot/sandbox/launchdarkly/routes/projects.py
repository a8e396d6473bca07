"""The projects, without their environments: those contain SDK keys, so the bot never asks for them here."""

from bot.sandbox.launchdarkly.company import Project, object_id
from bot.sandbox.launchdarkly.request import Json, Keys, PageQuery, RequestContext, invalid_request, matches, page

PATH = "/api/v2/projects"
BETA = False


class Query(PageQuery):
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    if query.expand:
        raise invalid_request({"expand": "is invalid"})
    filters = query.filters("query", "keys")
    keys = filters.get("keys", "").split("|") if "keys" in filters else None
    text = filters.get("query", "")
    projects = [
        one for one in ctx.company.projects if matches(text, one.key, one.name) and (keys is None or one.key in keys)
    ]
    items, page_fields = page(PATH, projects, query)
    return page_fields | {"items": [_project_json(one) for one in items]}


def _project_json(project: Project) -> Json:
    self = f"{PATH}/{project.key}"
    links = {"self": self, "environments": f"{self}/environments"}
    return {
        "_id": object_id("project", project.key),
        "_links": {name: {"href": href, "type": "application/json"} for name, href in links.items()},
        "key": project.key,
        "name": project.name,
        "includeInSnippetByDefault": True,
        "tags": [],
    }
