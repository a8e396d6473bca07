"""Edits of LaunchDarkly's replies to the parts of a composed question, for use in conversations."""

from typing import Any

from tests.conversation import NOW, Edit, ErrorReply

HOUR = 3_600_000
DAY = 24 * HOUR
MIDNIGHT = int(NOW.timestamp() * 1000) // DAY * DAY


def unchanged(reply: Any) -> Any:
    return reply


def lists_flags(reply: Any) -> bool:
    """Return whether this is a page of the catalog's flags, which has a total as events do."""
    return "sort" in reply.asked


def lists_flag_statuses(reply: Any) -> bool:
    """Return whether this is the list of an environment's flag statuses: it takes no parameters."""
    return not reply.asked


def is_about_code(reply: Any) -> bool:
    """Return whether these are code references, or flags that left the code."""
    return "projKey" in reply.asked or isinstance(reply.get("flags"), dict)


def edit_sides(name: str, **edits: Edit) -> Edit:
    """Return an edit per side, chosen by the value of the request parameter `name`."""
    return lambda reply: edits.get(reply.asked.get(name), unchanged)(reply)


def edit_parts(
    scores: Edit = unchanged,
    events: Edit = unchanged,
    status: Edit = unchanged,
    deploys: Edit = unchanged,
    flags: Edit = unchanged,
    statuses: Edit = unchanged,
) -> Edit:
    """Return an edit per part, chosen by a field that only that part has."""

    def edit(reply: Any) -> Any:
        if "scores" in reply:
            return scores(reply)
        if "totalCount" in reply:
            return (flags if lists_flags(reply) else events)(reply)
        if is_about_code(reply):
            return reply
        if lists_flag_statuses(reply):
            return statuses(reply)
        return (status if reply["metadata"]["name"] == "flagStatus" else deploys)(reply)

    return edit


def an_event(**overrides: Any) -> dict[str, Any]:
    return {
        "flagKey": "new-checkout",
        "eventType": "updated_rollout",
        "eventTime": MIDNIGHT - DAY + HOUR,
        "description": "Rollout changed from 5% to 95%",
        "environmentKey": "production",
        "member": {"email": "dana@harbour.example", "firstName": "Dana", "lastName": "Ortiz"},
        "impact": {"size": "large", "percentage": 90, "reason": "evaluations"},
        "experiments": {"totalCount": 0, "items": []},
    } | overrides


def large_impact(percentage: float | None) -> dict[str, Any]:
    return {"size": "large"} | ({} if percentage is None else {"percentage": percentage})


def only_events(*events: dict[str, Any], total: int | None = None) -> Edit:
    return lambda _: {"totalCount": len(events) if total is None else total, "items": list(events), "_links": {}}


def next_page_link(cursor: str) -> dict[str, Any]:
    return {"next": {"href": f"/api/v2/engineering-insights/flag-events?after={cursor}"}}


def deployments_at(*hours: tuple[float, int]) -> Edit:
    """Return deployments at a number of hours before the last midnight."""
    data = [{"x": round(MIDNIGHT - hours_ago * HOUR), "y": count} for hours_ago, count in hours]
    return lambda reply: reply | {"series": [{"metadata": {"name": "deployments"}, "data": data}]}


def no_series(reply: Any) -> Any:
    return reply | {"series": []}


def scores_not_calculated(reply: Any) -> Any:
    not_calculated = {"score": 0, "indicator": "notCalculated", "indicatorRange": {"min": 0, "max": 0}}
    aggregates = {
        name: {"aggregateOf": score["aggregateOf"]} for name, score in reply["scores"].items() if "aggregateOf" in score
    }
    return reply | {"scores": {name: not_calculated | aggregates.get(name, {}) for name in reply["scores"]}}


def a_score(score: float, indicator: str = "good", **overrides: Any) -> dict[str, Any]:
    return {"score": score, "indicator": indicator, "indicatorRange": {"min": 70, "max": 89}} | overrides


def only_scores(**scores: Any) -> Edit:
    return lambda reply: reply | {"scores": scores}


def refuse_with(status: int) -> Edit:
    return lambda _: ErrorReply(status)


CALM = only_scores(overall=a_score(71, diffVsLastPeriod=1, lastPeriod=a_score(70)))
NO_EVENTS = only_events()
