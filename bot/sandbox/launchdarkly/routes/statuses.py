"""The status of each of a project's flags in one environment: all at once, and without the archived flags.

An item has no key: only its links tell which flag it is about.
"""

from datetime import UTC, datetime

from bot.sandbox.launchdarkly.company import Environment, Flag
from bot.sandbox.launchdarkly.request import Json, RequestContext
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._formats import link

PATH = "/api/v2/flag-statuses/{projectKey}/{environmentKey}"
BETA = False


class Query(AnyQuery):
    project_key: str
    environment_key: str


def reply(ctx: RequestContext, query: Query) -> Json:
    project, environment = ctx.project_env(query.project_key, query.environment_key)
    flags = [flag for flag in ctx.company.flags_of(project) if not flag.archived]
    path = PATH.format(projectKey=project.key, environmentKey=environment.key)
    return {
        "_links": {"self": link(path)},
        "items": [_status_json(flag, environment, path, ctx) for flag in flags],
    }


def _status_json(flag: Flag, environment: Environment, path: str, ctx: RequestContext) -> Json:
    """Return a flag's status. One that was never requested has neither a time nor a default."""
    links = {"parent": link(f"/api/v2/flags/{flag.project}/{flag.key}"), "self": link(f"{path}/{flag.key}")}
    status: Json = {"_links": links, "name": flag.status_at(environment.key)}
    requested_at = ctx.last_requested(flag, environment)
    if requested_at is None:
        return status
    time = datetime.fromtimestamp(requested_at / 1000, UTC).isoformat(timespec="milliseconds")
    return status | {"lastRequested": time.replace("+00:00", "Z"), "default": flag.variations[-1].value}
