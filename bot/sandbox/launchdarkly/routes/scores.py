"""The scores of the last seven days and of the seven before, in a tree: overall, its three categories, and leaves.

A leaf varies by week around its value in the company's file, so a week's scores are the next week's last period.
"""

from bot.sandbox.launchdarkly.company import Environment, Project
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS
from bot.sandbox.launchdarkly.history import seeded_rng
from bot.sandbox.launchdarkly.request import (
    ApiError,
    EnvironmentQuery,
    Json,
    RequestContext,
    RouteSpec,
    invalid_request,
)

PATH = "/api/v2/engineering-insights/insights/scores"

SCORE_TREE = {
    "velocity": ("deploymentFrequency", "leadTime"),
    "risk": ("deploymentFailureRate", "impactSize"),
    "efficiency": ("experimentationCoverage", "flagHealth"),
    "overall": ("velocity", "risk", "efficiency"),
}
BANDS = (("excellent", 90, 100), ("good", 70, 89), ("fair", 40, 69), ("needsAttention", 0, 39))
LEAF_SCORES = (*SCORE_TREE["velocity"], *SCORE_TREE["risk"], *SCORE_TREE["efficiency"])
Scores = dict[str, int | None]


class Query(EnvironmentQuery):
    pass


def reply(ctx: RequestContext, query: Query) -> Json:
    project_env = _project_env(ctx, query)
    end = ctx.millis // DAY_MILLIS * DAY_MILLIS
    current, previous = (
        _scores(ctx, project_env, query.application_key, end - days_back * DAY_MILLIS) for days_back in (0, 7)
    )
    return {
        "period": {"startTime": end - 7 * DAY_MILLIS, "endTime": end},
        "lastPeriod": {"startTime": end - 14 * DAY_MILLIS, "endTime": end - 7 * DAY_MILLIS},
        "scores": {name: _score_with_change(name, current[name], previous[name]) for name in current},
        "_links": {"self": {"href": PATH, "type": "application/json"}},
    }


def _project_env(ctx: RequestContext, query: Query) -> tuple[Project, Environment]:
    """Look up the environment. This endpoint declares no 404, so an unknown key is an invalid parameter."""
    try:
        project = ctx.project(query.project_key)
    except ApiError:
        raise invalid_request({"projectKey": "is unknown"}) from None
    environment = project.environment(query.environment_key)
    if environment is None:
        raise invalid_request({"environmentKey": "is unknown"})
    return project, environment


def _scores(ctx: RequestContext, project_env: tuple[Project, Environment], apps: frozenset[str], end: int) -> Scores:
    project, environment = project_env
    known_apps = {one.key for one in ctx.company.applications_of(project)}
    base_scores = environment.scores if not apps or apps & known_apps else {}
    spread = environment.wander
    names = LEAF_SCORES + (("creationRatio",) if "creationRatio" in base_scores else ())
    week = (end // DAY_MILLIS + 3) // 7  # the epoch was a Thursday
    rng = seeded_rng(ctx.history.seed, project.key, environment.key, *sorted(apps), week)
    scores: Scores = {name: _vary(base_scores.get(name), rng.randint(-spread, spread)) for name in names}
    for name, children in SCORE_TREE.items():
        scores[name] = _mean([scores[child] for child in children])
    return scores


def _vary(base: int | None, by: int) -> int | None:
    return None if base is None else max(1, min(100, base + by))


def _mean(scores: list[int | None]) -> int | None:
    known = [score for score in scores if score is not None]
    return round(sum(known) / len(known)) if known else None


def _score_with_change(name: str, current: int | None, previous: int | None) -> Json:
    score_json = _score_json(name, current) | {"lastPeriod": _score_json(name, previous)}
    return score_json if current is None or previous is None else score_json | {"diffVsLastPeriod": current - previous}


def _score_json(name: str, score: int | None) -> Json:
    aggregate = {"aggregateOf": list(SCORE_TREE[name])} if name in SCORE_TREE else {}
    if score is None:
        return {"score": 0, "indicator": "notCalculated", "indicatorRange": {"min": 0, "max": 0}, **aggregate}
    indicator, low, high = next(band for band in BANDS if score >= band[1])
    return {"score": score, "indicator": indicator, "indicatorRange": {"min": low, "max": high}, **aggregate}


ROUTES = (RouteSpec(PATH, Query, reply, beta=True),)
