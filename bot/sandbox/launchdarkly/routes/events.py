"""Flag events: what was changed and its impact, newest first, in pages.

A cursor is an event's ID. It is valid for as long as the history contains the event, with any other parameters.
"""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from bot.sandbox.launchdarkly.company import Environment, Person, Project, object_id
from bot.sandbox.launchdarkly.event_generator import AUDIT_ACTIONS, DAY_MILLIS, MINUTE_MILLIS, Event
from bot.sandbox.launchdarkly.history import Window
from bot.sandbox.launchdarkly.request import EnvironmentQuery, Json, Keys, RequestContext, RouteSpec, invalid_request

PATH = "/api/v2/engineering-insights/flag-events"
IMPACT_DELAY_MILLIS = 20 * MINUTE_MILLIS  # younger events have too few evaluations to have an impact
ITERATION_MILLIS = 4 * 7 * DAY_MILLIS
ImpactSize = Literal["none", "small", "medium", "large"]


class Query(EnvironmentQuery):
    query: str = ""
    impact_size: ImpactSize | None = None
    has_experiments: Literal["true", "false"] | None = None
    global_: Literal["include", "exclude"] = Field("include", alias="global")
    expand: Keys = frozenset()
    limit: int = Field(20, ge=1, le=100)
    since: int | None = Field(None, alias="from")
    until: int | None = Field(None, alias="to")
    after: str | None = None
    before: str | None = None


def reply(ctx: RequestContext, query: Query) -> Json:
    project, environment = ctx.project_env(query.project_key, query.environment_key)
    window = ctx.window(query.since, query.until)
    events = [one for one in ctx.history.events(project, environment, window) if _matches(one, query, ctx.millis)]
    page = _page(events, query, _cursor_resolver(ctx, project, environment))
    return {
        "totalCount": len(events),
        "items": [_event_json(event, query, ctx.millis) for event in page],
        "_links": _links(events, page),
    }


def _matches(event: Event, query: Query, now: int) -> bool:
    return (
        query.query.lower() in event.flag.key
        and (not query.application_key or bool(event.flag.apps & query.application_key))
        and (query.global_ == "include" or event.environment is not None)
        and query.impact_size in (None, _impact_json(event, now).get("size"))
        and query.has_experiments in (None, "true" if event.in_experiment else "false")
    )


def _cursor_resolver(
    ctx: RequestContext, project: Project, environment: Environment
) -> Callable[[str, str], tuple[int, str]]:
    def find(param: str, cursor: str) -> tuple[int, str]:
        events = ctx.history.events(project, environment, Window.full(ctx.now))
        sort_key = next((event.sort_key for event in events if event.id == cursor), None)
        if sort_key is None:
            raise invalid_request({param: "is unknown"})
        return sort_key

    return find


def _page(events: list[Event], query: Query, resolve: Callable[[str, str], tuple[int, str]]) -> list[Event]:
    if query.after is not None:
        newest = resolve("after", query.after)
        events = [event for event in events if event.sort_key < newest]
    if query.before is not None:
        oldest = resolve("before", query.before)
        return [event for event in events if event.sort_key > oldest][-query.limit :]
    return events[: query.limit]


def _links(events: list[Event], page: list[Event]) -> Json:
    """Return links that carry only the cursor and no other parameters, as in LaunchDarkly's example."""
    links = {"self": PATH}
    if page and page[-1] is not events[-1]:
        links["next"] = f"{PATH}?after={page[-1].id}"
    if page and page[0] is not events[0]:
        links["prev"] = f"{PATH}?before={page[0].id}"
    return {name: {"href": href, "type": "application/json"} for name, href in links.items()}


def _event_json(event: Event, query: Query, now: int) -> Json:
    fields = {
        "id": event.id,
        "projectId": object_id("project", event.flag.project),
        "projectKey": event.flag.project,
        "flagKey": event.flag.key,
        "eventType": event.kind,
        "eventTime": event.at,
        "description": event.description,
        "auditLogEntryId": object_id("audit", event.id),
        "actions": [AUDIT_ACTIONS[event.kind]],
        "impact": _impact_json(event, now),
    }
    if event.environment is not None:
        fields["environmentId"] = object_id("environment", event.flag.project, event.environment.key)
        fields["environmentKey"] = event.environment.key
    if event.member is not None:
        fields["member"] = _member_json(event.member)
    if "experiments" in query.expand:
        fields["experiments"] = _experiments_json(event, now)
    return fields


def _member_json(person: Person) -> Json:
    return {
        "id": object_id("member", person.key),
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
    }


def _impact_json(event: Event, now: int) -> Json:
    if event.environment is None:
        return {"reason": "global"}
    if now - event.at < IMPACT_DELAY_MILLIS:
        return {"reason": "waiting"}
    counts = zip(event.flag.variations, event.before, event.after, strict=True)
    return {
        "size": _impact_size(event.percentage),
        "percentage": event.percentage,
        "reason": "evaluations",
        "evaluationsSummary": {
            "variations": [{"value": one.value, "before": before, "after": after} for one, before, after in counts]
        },
    }


def _impact_size(percent: float) -> ImpactSize:
    """Return LaunchDarkly's size of an impact: none is 0%, small below 20%, large above 80%."""
    if percent == 0:
        return "none"
    if percent < 20:
        return "small"
    return "medium" if percent <= 80 else "large"


def _experiments_json(event: Event, now: int) -> Json:
    experiment = event.flag.experiment
    if experiment is None or not event.in_experiment:
        return {"totalCount": 0, "items": []}
    started_at = event.at // ITERATION_MILLIS * ITERATION_MILLIS
    iteration: Json = {"id": object_id(experiment.key, str(started_at)), "status": "running", "startedAt": started_at}
    if started_at + ITERATION_MILLIS <= now:
        iteration |= {"status": "stopped", "endedAt": started_at + ITERATION_MILLIS}
    return {"totalCount": 1, "items": [{"key": experiment.key, "name": experiment.name, "iteration": iteration}]}


ROUTES = (RouteSpec(PATH, Query, reply, beta=True),)
