"""The scores, a tree from overall over velocity, risk and efficiency to the leaves, of seven days and the seven before.

A leaf wanders around the value in the company's file, week by week; what was shown a week ago is today's last period.
"""

from bot.sandbox.launchdarkly.company import Environment, Project
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import Refusal, invalid
from bot.sandbox.launchdarkly.event_generator import DAY
from bot.sandbox.launchdarkly.history import dice
from bot.sandbox.launchdarkly.params import PlaceQuery

PATH = "/api/v2/engineering-insights/insights/scores"
BETA = True

TREE = {
    "velocity": ("deploymentFrequency", "leadTime"),
    "risk": ("deploymentFailureRate", "impactSize"),
    "efficiency": ("experimentationCoverage", "flagHealth"),
    "overall": ("velocity", "risk", "efficiency"),
}
BANDS = (("excellent", 90, 100), ("good", 70, 89), ("fair", 40, 69), ("needsAttention", 0, 39))
LEAVES = (*TREE["velocity"], *TREE["risk"], *TREE["efficiency"])
Scores = dict[str, int | None]


class Query(PlaceQuery):
    pass


def reply(world: World, query: Query) -> Json:
    place = _place(world, query)
    end = world.millis // DAY * DAY
    now, before = (_scores(world, place, query.application_key, end - back * DAY) for back in (0, 7))
    return {
        "period": {"startTime": end - 7 * DAY, "endTime": end},
        "lastPeriod": {"startTime": end - 14 * DAY, "endTime": end - 7 * DAY},
        "scores": {name: _compared(name, now[name], before[name]) for name in now},
        "_links": {"self": {"href": PATH, "type": "application/json"}},
    }


def _place(world: World, query: Query) -> tuple[Project, Environment]:
    """This endpoint declares no 404: what is unknown is an invalid parameter."""
    try:
        project = world.project(query.project_key)
    except Refusal:
        raise invalid({"projectKey": "is unknown"}) from None
    environment = project.environment(query.environment_key)
    if environment is None:
        raise invalid({"environmentKey": "is unknown"})
    return project, environment


def _scores(world: World, place: tuple[Project, Environment], apps: frozenset[str], end: int) -> Scores:
    project, environment = place
    known = {one.key for one in world.company.applications_of(project)}
    usual = environment.scores if not apps or apps & known else {}
    far = environment.wander
    names = LEAVES + (("creationRatio",) if "creationRatio" in usual else ())
    week = (end // DAY + 3) // 7  # the epoch was a Thursday
    chance = dice(world.history.seed, project.key, environment.key, *sorted(apps), week)
    scores: Scores = {name: _wandering(usual.get(name), chance.randint(-far, far)) for name in names}
    for name, parts in TREE.items():
        scores[name] = _mean([scores[part] for part in parts])
    return scores


def _wandering(usual: int | None, by: int) -> int | None:
    return None if usual is None else max(1, min(100, usual + by))


def _mean(scores: list[int | None]) -> int | None:
    known = [score for score in scores if score is not None]
    return round(sum(known) / len(known)) if known else None


def _compared(name: str, now: int | None, before: int | None) -> Json:
    told = _told(name, now) | {"lastPeriod": _told(name, before)}
    return told if now is None or before is None else told | {"diffVsLastPeriod": now - before}


def _told(name: str, score: int | None) -> Json:
    parts = {"aggregateOf": list(TREE[name])} if name in TREE else {}
    if score is None:
        return {"score": 0, "indicator": "notCalculated", "indicatorRange": {"min": 0, "max": 0}, **parts}
    indicator, low, high = next(band for band in BANDS if score >= band[1])
    return {"score": score, "indicator": indicator, "indicatorRange": {"min": low, "max": high}, **parts}
