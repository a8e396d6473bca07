"""The stale-flags chart: how many temporary flags are no longer of use, right now, in all or by maintainer.

LaunchDarkly doesn't document how a maintainer's series is named; here it has the team's key or the member's ID, as the
deployments of an application have its key.
"""

from collections import Counter
from typing import Literal

from bot.sandbox.launchdarkly.company import Environment, Flag
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS
from bot.sandbox.launchdarkly.request import EnvironmentQuery, Json, Keys, RequestContext, RouteSpec
from bot.sandbox.launchdarkly.routes._formats import chart, line

PATH = "/api/v2/engineering-insights/charts/flags/stale"
MIN_AGE_MILLIS = 30 * DAY_MILLIS
NO_MAINTAINER = "none"
TIERS = (
    ("excellent", 10, "at most 10% of temporary flags"),
    ("good", 30, "at most 30% of temporary flags"),
    ("fair", 60, "at most 60% of temporary flags"),
    ("needsAttention", 100, "more than 60% of temporary flags"),
)


class Query(EnvironmentQuery):
    group_by: Literal["maintainer"] | None = None
    maintainer_id: Keys = frozenset()
    maintainer_team_key: Keys = frozenset()
    expand: Keys = frozenset()


def reply(ctx: RequestContext, query: Query) -> Json:
    project, environment = ctx.project_env(query.project_key, query.environment_key)
    temporary = [flag for flag in ctx.company.flags_of(project) if flag.temporary and _matches(flag, query)]
    stale = [flag for flag in temporary if _is_stale(flag, environment, ctx)]
    counts = Counter(_series_name(flag, query) for flag in stale)
    series = (line(name, [(ctx.millis, count)]) for name, count in sorted(counts.items()))
    response = chart("staleFlags", "timestamp", series)
    if "metrics" in query.expand:
        response["metadata"]["metrics"] = {"flagHealth": _metric_json(len(stale), len(temporary))}
    return response


def _matches(flag: Flag, query: Query) -> bool:
    """Return whether a flag is asked for. Members and teams together select the flags of either."""
    return (
        not flag.archived
        and (not query.application_key or bool(flag.apps & query.application_key))
        and (
            not (query.maintainer_id or query.maintainer_team_key)
            or flag.maintainer_id in query.maintainer_id
            or flag.maintainer_team in query.maintainer_team_key
        )
    )


def _is_stale(flag: Flag, environment: Environment, ctx: RequestContext) -> bool:
    is_old = ctx.millis - ctx.days_ago(flag.created) >= MIN_AGE_MILLIS
    return is_old and flag.status_at(environment.key) in {"inactive", "launched"}


def _series_name(flag: Flag, query: Query) -> str:
    if query.group_by is None:
        return "stale"
    return flag.maintainer_team or flag.maintainer_id or NO_MAINTAINER


def _metric_json(stale: int, temporary: int) -> Json:
    percentage = round(100 * stale / max(temporary, 1), 1)
    return {
        "indicator": next(name for name, maximum, _ in TIERS if percentage <= maximum),
        "value": percentage,
        "unit": "percent",
        "modifier": "of temporary flags",
        "tiers": [{"indicator": name, "description": description} for name, _, description in TIERS],
    }


ROUTES = (RouteSpec(PATH, Query, reply, beta=True),)
