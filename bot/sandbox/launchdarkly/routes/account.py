"""The account: its projects, their environments, its applications, and whose token it is.

The projects come without their environments: those contain SDK keys, so the bot never asks for them there. The list of
environments contains them too, like the real one, and a client must not keep them. In LaunchDarkly, an application
belongs to no project. The token is a service token with the Reader role, which LaunchDarkly doesn't report; of its
optional fields, only those whose values are documented or obvious are present.
https://launchdarkly.com/docs/api/other/get-caller-identity
"""

from pydantic import Field

from bot.sandbox.launchdarkly.company import Application, Environment, Project, object_id
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS
from bot.sandbox.launchdarkly.request import (
    Json,
    Key,
    Keys,
    PageQuery,
    Query,
    RequestContext,
    RouteSpec,
    invalid_request,
    matches,
    page,
)

PROJECTS_PATH = "/api/v2/projects"
ENVIRONMENTS_PATH = "/api/v2/projects/{projectKey}/environments"
APPLICATIONS_PATH = "/api/v2/applications"
CREATED_DAYS_AGO = 400
ACCOUNT_ID = "5f2a9c0b7d3e41860a9b1c01"


class ProjectsQuery(PageQuery):
    expand: Keys = frozenset()


def projects(ctx: RequestContext, query: ProjectsQuery) -> Json:
    if query.expand:
        raise invalid_request({"expand": "is invalid"})
    filters = query.filters("query", "keys")
    keys = filters.get("keys", "").split("|") if "keys" in filters else None
    text = filters.get("query", "")
    matching = [
        one for one in ctx.company.projects if matches(text, one.key, one.name) and (keys is None or one.key in keys)
    ]
    items, page_fields = page(PROJECTS_PATH, matching, query)
    return page_fields | {"items": [_project_json(one) for one in items]}


def _project_json(project: Project) -> Json:
    self = f"{PROJECTS_PATH}/{project.key}"
    links = {"self": self, "environments": f"{self}/environments"}
    return {
        "_id": object_id("project", project.key),
        "_links": {name: {"href": href, "type": "application/json"} for name, href in links.items()},
        "key": project.key,
        "name": project.name,
        "includeInSnippetByDefault": True,
        "tags": [],
    }


class EnvironmentsQuery(PageQuery):
    project_key: Key


def environments(ctx: RequestContext, query: EnvironmentsQuery) -> Json:
    project = ctx.project(query.project_key)
    text = query.filters("query").get("query", "")
    matching = [one for one in project.environments if matches(text, one.key, one.name)]
    items, page_fields = page(ENVIRONMENTS_PATH.format(projectKey=project.key), matching, query)
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


class ApplicationsQuery(PageQuery):
    limit: int = Field(10, ge=1, le=100)
    expand: Keys = frozenset()


def applications(ctx: RequestContext, query: ApplicationsQuery) -> Json:
    if query.filter or query.expand:  # they have a different syntax here, and the bot doesn't use them
        raise invalid_request({"filter" if query.filter else "expand": "is invalid"})
    items, page_fields = page(APPLICATIONS_PATH, ctx.company.applications, query)
    return page_fields | {"items": [_application_json(one, ctx) for one in items]}


def _application_json(application: Application, ctx: RequestContext) -> Json:
    return {
        "key": application.key,
        "name": application.name,
        "kind": application.kind,
        "autoAdded": True,
        "creationDate": ctx.days_ago(CREATED_DAYS_AGO) // DAY_MILLIS * DAY_MILLIS,
        "_version": 1,
        "_links": {"self": {"href": f"{APPLICATIONS_PATH}/{application.key}", "type": "application/json"}},
    }


def identity(_: RequestContext, query: Query) -> Json:
    return {
        "accountId": ACCOUNT_ID,
        "tokenId": "65c1e0d94b7a2f0012d3e4f5",
        "tokenName": "insights-bot",
        "serviceToken": True,
    }


ROUTES = (
    RouteSpec(PROJECTS_PATH, ProjectsQuery, projects),
    RouteSpec(ENVIRONMENTS_PATH, EnvironmentsQuery, environments),
    RouteSpec(APPLICATIONS_PATH, ApplicationsQuery, applications, beta=True),
    RouteSpec("/api/v2/caller-identity", Query, identity),
)
