"""The flag-status chart: how many of an environment's flags are new, active, launched or inactive, right now."""

from collections import Counter

from bot.sandbox.launchdarkly.company import Status
from bot.sandbox.launchdarkly.request import EnvironmentQuery, Json, RequestContext, RouteSpec
from bot.sandbox.launchdarkly.routes._formats import chart, line

PATH = "/api/v2/engineering-insights/charts/flags/status"
STATUS_ORDER: tuple[Status, ...] = ("new", "active", "launched", "inactive")


class Query(EnvironmentQuery):
    pass


def reply(ctx: RequestContext, query: Query) -> Json:
    project, environment = ctx.project_env(query.project_key, query.environment_key)
    counts = Counter(
        flag.status_at(environment.key)
        for flag in ctx.company.flags_of(project)
        if not flag.archived and _matches_applications(flag.apps, query.application_key)
    )
    # A status that no flag has is no series: a brand new project shows only "New".
    series = [line(name.capitalize(), [(ctx.millis, counts[name])]) for name in STATUS_ORDER if counts[name]]
    return chart("flagStatus", "timestamp", series)


def _matches_applications(apps: frozenset[str], filter_keys: frozenset[str]) -> bool:
    return not filter_keys or bool(apps & filter_keys)


ROUTES = (RouteSpec(PATH, Query, reply, beta=True),)
