"""The flag-status chart: how many flags of an environment are new, active, launched or inactive. It has no period."""

from collections import Counter

from bot.sandbox.launchdarkly.company import Status
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.params import PlaceQuery
from bot.sandbox.launchdarkly.routes._chart import chart, line

PATH = "/api/v2/engineering-insights/charts/flags/status"
BETA = True
ORDER: tuple[Status, ...] = ("new", "active", "launched", "inactive")


class Query(PlaceQuery):
    pass


def reply(world: World, query: Query) -> Json:
    project, environment = world.place(query.project_key, query.environment_key)
    counts = Counter(
        flag.status_at(environment.key)
        for flag in world.company.flags_of(project)
        if not flag.archived and _asked_for(flag.apps, query.application_key)
    )
    # Statuses that no flag has are no series: a brand new project shows "New" alone.
    series = [line(name.capitalize(), [(world.millis, counts[name])]) for name in ORDER if counts[name]]
    return chart("flagStatus", "timestamp", series)


def _asked_for(apps: frozenset[str], wanted: frozenset[str]) -> bool:
    return not wanted or bool(apps & wanted)
