"""The deployment-frequency chart: how often was shipped, per bucket of time. A bucket without deployments has no point.

`hour` and `day` buckets lie on the clock (UTC) and are as long as their name; `rolling` ones are `bucketMs` long and
end at `to`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from bot.sandbox.launchdarkly.company import Environment, Project
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import invalid, not_found
from bot.sandbox.launchdarkly.event_generator import DAY, HOUR
from bot.sandbox.launchdarkly.history import Deployment, Window, millis
from bot.sandbox.launchdarkly.params import Keys
from bot.sandbox.launchdarkly.params import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._chart import chart, line

PATH = "/api/v2/engineering-insights/charts/deployments/frequency"
BETA = True

TIERS = (
    ("excellent", 1.0, "at least 1 per day"),
    ("good", 1 / 7, "at least 1 per week"),
    ("fair", 1 / 30, "at least 1 per month"),
    ("needsAttention", 0.0, "less than 1 per month"),
)


def _moment(said: str) -> int | datetime:
    """Milliseconds as the documentation says, or RFC 3339 as the API description types it."""
    if said.isascii() and said.isdigit():
        return int(said)
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError("a date-time without its offset is no RFC 3339")
    return moment


Moment = Annotated[int | datetime, PlainValidator(_moment)]


class Query(AnyQuery):
    project_key: str | None = None
    environment_key: str | None = None
    application_key: Keys = frozenset()
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")
    bucket_type: Literal["rolling", "hour", "day"] = "rolling"
    bucket_ms: int = Field(DAY, ge=1)
    group_by: Literal["application", "kind"] | None = None
    expand: Keys = frozenset()


def reply(world: World, query: Query) -> Json:
    _agree_on_time(world, query)
    window = world.window(_millis(query.since), _millis(query.until))
    found = [
        deployment
        for project, environment in _places(world, query)
        for deployment in world.history.deployments(project, environment, window)
        if not query.application_key or deployment.application.key in query.application_key
    ]
    answer = chart("deploymentFrequency", "timestamp", _series(found, query, _bucket(query, window)))
    if "metrics" in query.expand:
        answer["metadata"]["metrics"] = {"deploymentFrequency": _metric(len(found), window)}
    return answer


def _agree_on_time(world: World, query: Query) -> None:
    times = (query.since, query.until)
    if world.only_rfc3339 and any(isinstance(time, int) for time in times):
        # A server driven by the API description was seen to refuse milliseconds with just these misleading words.
        raise invalid({"projectKey": "must be present"})
    if world.only_millis and any(isinstance(time, datetime) for time in times):
        raise invalid({"from": "must be a Unix timestamp in milliseconds"})


def _millis(time: int | datetime | None) -> int | None:
    return millis(time) if isinstance(time, datetime) else time


def _places(world: World, query: Query) -> list[tuple[Project, Environment]]:
    """Both keys are optional here: without them, every project and every environment counts."""
    projects = world.company.projects if query.project_key is None else (world.project(query.project_key),)
    places = [
        (project, environment)
        for project in projects
        for environment in project.environments
        if query.environment_key in (None, environment.key)
    ]
    if not places:
        raise not_found()
    return places


def _bucket(query: Query, window: Window) -> Callable[[int], int]:
    """The start of the bucket in which a moment lies."""
    if query.bucket_type == "rolling":
        return lambda at: window.until - ((window.until - at) // query.bucket_ms + 1) * query.bucket_ms
    width = {"hour": HOUR, "day": DAY}[query.bucket_type]
    return lambda at: at // width * width


def _series(found: list[Deployment], query: Query, bucket: Callable[[int], int]) -> Iterator[Json]:
    groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for deployment in found:
        groups[_group(deployment, query)][bucket(deployment.at)] += 1
    return (line(name, sorted(points.items())) for name, points in sorted(groups.items()))


def _group(deployment: Deployment, query: Query) -> str:
    if query.group_by is None:
        return "deployments"
    return deployment.application.key if query.group_by == "application" else deployment.application.kind


def _metric(count: int, window: Window) -> Json:
    per_day = round(count * DAY / max(window.until - window.since, 1), 2)
    return {
        "indicator": next(name for name, least, _ in TIERS if per_day >= least),
        "value": per_day,
        "unit": "count",
        "modifier": "per day",
        "tiers": [{"indicator": name, "description": description} for name, _, description in TIERS],
    }
