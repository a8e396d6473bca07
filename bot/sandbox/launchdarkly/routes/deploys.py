"""The deployment-frequency chart: deployments per time bucket. A bucket without deployments has no point.

`hour` and `day` buckets are calendar hours and days in UTC; `rolling` ones are `bucketMs` long, and the last ends at
`to`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from bot.sandbox.launchdarkly.company import Environment, Project
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS, HOUR_MILLIS
from bot.sandbox.launchdarkly.history import Deployment, Window, millis
from bot.sandbox.launchdarkly.request import Json, Keys, RequestContext, RouteSpec, invalid_request, not_found
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._formats import chart, line

PATH = "/api/v2/engineering-insights/charts/deployments/frequency"

TIERS = (
    ("excellent", 1.0, "at least 1 per day"),
    ("good", 1 / 7, "at least 1 per week"),
    ("fair", 1 / 30, "at least 1 per month"),
    ("needsAttention", 0.0, "less than 1 per month"),
)


def _parse_timestamp(value: str) -> int | datetime:
    """Parse milliseconds, as in the documentation, or RFC 3339, as in the API description."""
    if value.isascii() and value.isdigit():
        return int(value)
    timestamp = datetime.fromisoformat(value)
    if timestamp.tzinfo is None:
        raise ValueError("a date-time without its offset is no RFC 3339")
    return timestamp


Timestamp = Annotated[int | datetime, PlainValidator(_parse_timestamp)]


class Query(AnyQuery):
    project_key: str | None = None
    environment_key: str | None = None
    application_key: Keys = frozenset()
    since: Timestamp | None = Field(None, alias="from")
    until: Timestamp | None = Field(None, alias="to")
    bucket_type: Literal["rolling", "hour", "day"] = "rolling"
    bucket_ms: int = Field(DAY_MILLIS, ge=1)
    group_by: Literal["application", "kind"] | None = None
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    _check_time_format(ctx, query)
    window = ctx.window(_to_millis(query.since), _to_millis(query.until))
    deployments = [
        deployment
        for project, environment in _project_envs(ctx, query)
        for deployment in ctx.history.deployments(project, environment, window)
        if not query.application_key or deployment.application.key in query.application_key
    ]
    response = chart("deploymentFrequency", "timestamp", _series(deployments, query, _bucket_function(query, window)))
    if "metrics" in query.expand:
        response["metadata"]["metrics"] = {"deploymentFrequency": _metric_json(len(deployments), window)}
    return response


def _check_time_format(ctx: RequestContext, query: Query) -> None:
    times = (query.since, query.until)
    if ctx.only_rfc3339 and any(isinstance(time, int) for time in times):
        # A server driven by the API description was seen to reject milliseconds with this misleading message.
        raise invalid_request({"projectKey": "must be present"})
    if ctx.only_millis and any(isinstance(time, datetime) for time in times):
        raise invalid_request({"from": "must be a Unix timestamp in milliseconds"})


def _to_millis(time: int | datetime | None) -> int | None:
    return millis(time) if isinstance(time, datetime) else time


def _project_envs(ctx: RequestContext, query: Query) -> list[tuple[Project, Environment]]:
    """Return the matching environments. Both keys are optional: without them, all projects and environments match."""
    projects = ctx.company.projects if query.project_key is None else (ctx.project(query.project_key),)
    project_envs = [
        (project, environment)
        for project in projects
        for environment in project.environments
        if query.environment_key in (None, environment.key)
    ]
    if not project_envs:
        raise not_found()
    return project_envs


def _bucket_function(query: Query, window: Window) -> Callable[[int], int]:
    """Return a function that maps a time to the start of its bucket."""
    if query.bucket_type == "rolling":
        return lambda at: window.until - ((window.until - at) // query.bucket_ms + 1) * query.bucket_ms
    width = {"hour": HOUR_MILLIS, "day": DAY_MILLIS}[query.bucket_type]
    return lambda at: at // width * width


def _series(deployments: list[Deployment], query: Query, bucket_start: Callable[[int], int]) -> Iterator[Json]:
    groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for deployment in deployments:
        groups[_series_name(deployment, query)][bucket_start(deployment.at)] += 1
    return (line(name, sorted(points.items())) for name, points in sorted(groups.items()))


def _series_name(deployment: Deployment, query: Query) -> str:
    if query.group_by is None:
        return "deployments"
    return deployment.application.key if query.group_by == "application" else deployment.application.kind


def _metric_json(count: int, window: Window) -> Json:
    per_day = round(count * DAY_MILLIS / max(window.until - window.since, 1), 2)
    return {
        "indicator": next(name for name, minimum, _ in TIERS if per_day >= minimum),
        "value": per_day,
        "unit": "count",
        "modifier": "per day",
        "tiers": [{"indicator": name, "description": description} for name, _, description in TIERS],
    }


ROUTES = (RouteSpec(PATH, Query, reply, beta=True),)
