"""The audit log: the changes of flags in all projects, newest first, with who made them and what they said about it.

The next page is the one `before` the last entry of this one.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlencode

from pydantic import Field

from bot.sandbox.launchdarkly.company import Person, object_id
from bot.sandbox.launchdarkly.event_generator import AUDIT_ACTIONS, Event
from bot.sandbox.launchdarkly.history import Window
from bot.sandbox.launchdarkly.request import Json, RequestContext, RouteSpec, invalid_request, matches
from bot.sandbox.launchdarkly.request import Query as AnyQuery
from bot.sandbox.launchdarkly.routes._formats import link
from bot.sandbox.launchdarkly.routes.account import ACCOUNT_ID

PATH = "/api/v2/auditlog"
VERBS = {
    "enabled_targeting": "turned on the flag",
    "disabled_targeting": "turned off the flag",
    "archived_flag": "archived the flag",
}
OTHER_VERB = "updated the flag"
SCRIPT_NAME = "release-script"
Specifier = dict[str, str]


class Query(AnyQuery):
    before: int | None = None
    after: int | None = None
    q: str = ""
    limit: int = Field(10, ge=1, le=20)
    spec: str = ""


def reply(ctx: RequestContext, query: Query) -> Json:
    full = Window.full(ctx.now)
    since = full.since if query.after is None else max(query.after + 1, full.since)
    until = full.until if query.before is None else min(query.before - 1, full.until)
    found = {event.id: event for event in _events(ctx, Window(since, until), _specifier(query.spec))}
    events = [event for event in found.values() if matches(query.q, event.flag.key, event.flag.name)]
    newest = sorted(events, key=lambda event: event.sort_key, reverse=True)[: query.limit]
    links = {"self": link(PATH)}
    if len(newest) < len(events):
        links["next"] = link(f"{PATH}?{urlencode({'before': newest[-1].at, 'limit': query.limit})}")
    return {"_links": links, "items": [_entry_json(event) for event in newest]}


def _specifier(spec: str) -> Specifier:
    """Parse a resource specifier, such as `proj/web:env/production:flag/*`."""
    parts = [part.partition("/") for part in (spec or "proj/*:env/*:flag/*").split(":")]
    if not all(kind and pattern for kind, _, pattern in parts):
        raise invalid_request({"spec": "is invalid"})
    return {kind: pattern for kind, _, pattern in parts}


def _events(ctx: RequestContext, window: Window, specifier: Specifier) -> Iterator[Event]:
    """Yield the changes of the flags that a specifier names. A change in all environments is in each of them."""
    if specifier.keys() != {"proj", "env", "flag"}:
        return
    for project in ctx.company.projects:
        for environment in project.environments:
            if fnmatchcase(project.key, specifier["proj"]) and fnmatchcase(environment.key, specifier["env"]):
                events = ctx.history.events(project, environment, window)
                yield from (event for event in events if fnmatchcase(event.flag.key, specifier["flag"]))


def _entry_json(event: Event) -> Json:
    flag = event.flag
    environment_key = event.environment.key if event.environment else "*"
    resource = f"proj/{flag.project}:env/{environment_key}:flag/{flag.key}"
    verb = VERBS.get(event.kind, OTHER_VERB)
    description = f"* {event.description}" if verb == OTHER_VERB else f"* {verb.capitalize()}"
    identity = object_id("audit", event.id)
    entry = {
        "_id": identity,
        "_accountId": ACCOUNT_ID,
        "_links": {"self": link(f"{PATH}/{identity}")},
        "date": event.at,
        "accesses": [{"action": AUDIT_ACTIONS[event.kind], "resource": resource}],
        "kind": "flag",
        "name": flag.name,
        "description": description,
        "shortDescription": description.removeprefix("* "),
        "titleVerb": verb,
        "title": f"{_author_markdown(event.member)} {verb} {_flag_markdown(event)}",
        "target": {
            "_links": {"canonical": link(f"/api/v2/flags/{flag.project}/{flag.key}")},
            "name": flag.name,
            "resources": [resource],
        },
        **_author_fields(event.member),
    }
    return entry | ({"comment": event.comment} if event.comment else {})


def _author_fields(person: Person | None) -> Json:
    """Return the member, or the token of a script."""
    if person is None:
        return {
            "token": {"_id": object_id("token", SCRIPT_NAME), "name": SCRIPT_NAME, "serviceToken": True, "_links": {}}
        }
    identity = object_id("member", person.key)
    member = {
        "_id": identity,
        "_links": {"self": link(f"/api/v2/members/{identity}")},
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
    }
    return {"member": member, "subject": {"name": person.full_name, "_links": member["_links"]}}


def _author_markdown(person: Person | None) -> str:
    return f"[{person.full_name}](mailto:{person.email})" if person else f"`{SCRIPT_NAME}`"


def _flag_markdown(event: Event) -> str:
    environment = event.environment
    path = f"{event.flag.project}/{environment.key if environment else '~'}/features/{event.flag.key}"
    place = f" in `{environment.name}`" if environment else ""
    return f"[{event.flag.name}](https://app.launchdarkly.com/{path}){place}"


ROUTES = (RouteSpec(PATH, Query, reply),)
