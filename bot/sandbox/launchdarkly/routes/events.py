"""Flag events: what was changed and how many people it moved, newest first, in pages.

A cursor is the id of an event, good for as long as the event is remembered, whatever else is asked with it.
"""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from bot.sandbox.launchdarkly import impact
from bot.sandbox.launchdarkly.company import Environment, Person, Project, object_id
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import invalid
from bot.sandbox.launchdarkly.event_generator import ACTIONS, DAY, MINUTE, Event
from bot.sandbox.launchdarkly.history import Window
from bot.sandbox.launchdarkly.params import Keys, PlaceQuery

PATH = "/api/v2/engineering-insights/flag-events"
BETA = True
SETTLED = 20 * MINUTE  # before that, too few evaluations are known to speak of an impact
ITERATION = 4 * 7 * DAY


class Query(PlaceQuery):
    query: str = ""
    impact_size: impact.Size | None = None
    has_experiments: Literal["true", "false"] | None = None
    global_: Literal["include", "exclude"] = Field("include", alias="global")
    expand: Keys = frozenset()
    limit: int = Field(20, ge=1, le=100)
    since: int | None = Field(None, alias="from")
    until: int | None = Field(None, alias="to")
    after: str | None = None
    before: str | None = None


def reply(world: World, query: Query) -> Json:
    project, environment = world.place(query.project_key, query.environment_key)
    window = world.window(query.since, query.until)
    found = [one for one in world.history.events(project, environment, window) if _wanted(one, query, world.millis)]
    page = _page(found, query, _cursor(world, project, environment))
    return {
        "totalCount": len(found),
        "items": [_told(event, query, world.millis) for event in page],
        "_links": _links(found, page),
    }


def _wanted(event: Event, query: Query, now: int) -> bool:
    return (
        query.query.lower() in event.flag.key
        and (not query.application_key or bool(event.flag.apps & query.application_key))
        and (query.global_ == "include" or event.environment is not None)
        and query.impact_size in (None, _impact(event, now).get("size"))
        and query.has_experiments in (None, "true" if event.in_experiment else "false")
    )


def _cursor(world: World, project: Project, environment: Environment) -> Callable[[str, str], tuple[int, str]]:
    def find(name: str, cursor: str) -> tuple[int, str]:
        remembered = world.history.events(project, environment, Window.whole(world.now))
        order = next((event.order for event in remembered if event.id == cursor), None)
        if order is None:
            raise invalid({name: "is unknown"})
        return order

    return find


def _page(found: list[Event], query: Query, find: Callable[[str, str], tuple[int, str]]) -> list[Event]:
    if query.after is not None:
        newest = find("after", query.after)
        found = [event for event in found if event.order < newest]
    if query.before is not None:
        oldest = find("before", query.before)
        return [event for event in found if event.order > oldest][-query.limit :]
    return found[: query.limit]


def _links(found: list[Event], page: list[Event]) -> Json:
    """As in LaunchDarkly's example, a link carries the cursor and none of the other parameters."""
    links = {"self": PATH}
    if page and page[-1] is not found[-1]:
        links["next"] = f"{PATH}?after={page[-1].id}"
    if page and page[0] is not found[0]:
        links["prev"] = f"{PATH}?before={page[0].id}"
    return {name: {"href": href, "type": "application/json"} for name, href in links.items()}


def _told(event: Event, query: Query, now: int) -> Json:
    told = {
        "id": event.id,
        "projectId": object_id("project", event.flag.project),
        "projectKey": event.flag.project,
        "flagKey": event.flag.key,
        "eventType": event.kind,
        "eventTime": event.at,
        "description": event.description,
        "auditLogEntryId": object_id("audit", event.id),
        "actions": [ACTIONS[event.kind]],
        "impact": _impact(event, now),
    }
    if event.environment is not None:
        told["environmentId"] = object_id("environment", event.flag.project, event.environment.key)
        told["environmentKey"] = event.environment.key
    if event.member is not None:
        told["member"] = _member(event.member)
    if "experiments" in query.expand:
        told["experiments"] = _experiments(event, now)
    return told


def _member(person: Person) -> Json:
    return {
        "id": object_id("member", person.key),
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
    }


def _impact(event: Event, now: int) -> Json:
    if event.environment is None:
        return {"reason": "global"}
    if now - event.at < SETTLED:
        return {"reason": "waiting"}
    counts = zip(event.flag.variations, event.before, event.after, strict=True)
    return {
        "size": impact.size(event.percentage),
        "percentage": event.percentage,
        "reason": "evaluations",
        "evaluationsSummary": {
            "variations": [{"value": one.value, "before": before, "after": after} for one, before, after in counts]
        },
    }


def _experiments(event: Event, now: int) -> Json:
    experiment = event.flag.experiment
    if experiment is None or not event.in_experiment:
        return {"totalCount": 0, "items": []}
    started = event.at // ITERATION * ITERATION
    iteration: Json = {"id": object_id(experiment.key, str(started)), "status": "running", "startedAt": started}
    if started + ITERATION <= now:
        iteration |= {"status": "stopped", "endedAt": started + ITERATION}
    return {"totalCount": 1, "items": [{"key": experiment.key, "name": experiment.name, "iteration": iteration}]}
