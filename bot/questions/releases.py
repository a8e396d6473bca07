"""Deployments against large-impact flag changes, day by day, and the days that had one without the other."""

from asyncio import gather
from dataclasses import dataclass
from typing import Annotated

from bot.errors import Failure
from bot.lines.param_types import Key, Keys, When
from bot.lines.params import Parameter, Query
from bot.messages import humanize
from bot.questions.base import Ask, Endpoint, View
from bot.questions.chart import ChartReply, Lines
from bot.questions.composition import at_least_one, part, why
from bot.questions.daily_series import deployed
from bot.questions.day_range import Days
from bot.questions.deploys import ENDPOINT as DEPLOYS
from bot.questions.deploys import DeploysQuery, undeployed
from bot.questions.deploys_vs_changes import Releasing
from bot.questions.events import ENDPOINT as EVENTS
from bot.questions.events import EventsQuery
from bot.questions.events.pagination import Read, read

MOST_LISTED = 5  # days with a button each; further ones are named, and then counted
MOST_NAMED = 14
MOST_FLAGS = 3


class ReleasesQuery(Query):
    words = ("env",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    since: Annotated[When, Parameter("from", "from which day on; the last one ends at midnight")] = "2w"


@dataclass(frozen=True)
class ReleasesReply:
    """What LaunchDarkly sent of both, or why that cannot be had."""

    deploys: ChartReply | Failure
    changes: Read | Failure


class DayView(View):
    """A day on which people saw large changes and certainly no deployment was reported."""

    name: str
    changes: str
    flags: str
    line: str


class ReleasesView(View):
    place: str
    apps: str
    span: str
    days: str
    zone: str
    deployments: str
    changes: str
    unread: str
    told_apart: bool
    only_changed: str
    only_deployed: str
    both: str
    unexplained: str
    listed: tuple[DayView, ...]
    further: str
    deployed: str
    lines: Lines | None
    spoken: tuple[str, ...]
    folded: str
    gaps: str
    partly: str
    shifted: bool
    no_deploys: str
    no_changes: str
    stopped: str
    deploys_line: str
    changes_line: str
    url: str


@dataclass(frozen=True)
class Questions:
    """What is asked of the others, both of the same days."""

    days: Days
    deploys: DeploysQuery
    changes: EventsQuery


def _questions(query: ReleasesQuery, ask: Ask) -> Questions:
    days = Days.since(query.since, ask, instead=ENDPOINT.line({**dict(query), "since": "2w"}))
    project, env, app, (since, until) = query.project, query.env, query.app, days.absolute
    return Questions(
        days,
        DeploysQuery(project=project, env=env, app=app, since=since, until=until),
        EventsQuery(project=project, env=env, app=app, since=since, until=until),
    )


async def fetch(query: ReleasesQuery, ask: Ask) -> ReleasesReply:
    asked = _questions(query, ask)
    deploys, changes = await gather(part(DEPLOYS.fetch(asked.deploys, ask)), part(read(asked.changes, ask)))
    at_least_one(deploys, changes)
    return ReleasesReply(deploys, changes)


def show(query: ReleasesQuery, reply: ReleasesReply, ask: Ask) -> ReleasesView:
    asked = _questions(query, ask)
    days, changes = asked.days, None if isinstance(reply.changes, Failure) else reply.changes
    found = Releasing(
        days,
        {} if isinstance(reply.deploys, Failure) else deployed(days, reply.deploys),
        changes.by_day(days) if changes else {},
        unread=bool(changes and changes.unread > 0),
    )
    newest = found.only_changed[::-1]
    return ReleasesView(
        place=f"{query.project}/{query.env}",
        apps=humanize.listed(list(query.app or ())),
        span=days.said,
        days=humanize.count(len(days.dates), "day"),
        zone=ask.zone.key,
        deployments=found.deployments,
        changes=_total(changes) if changes else "",
        unread=humanize.count(changes.unread, "more change") if changes and changes.unread > 0 else "",
        told_apart=bool(found.deployed and found.changed),
        only_changed=_many(found.only_changed),
        only_deployed=_many(found.only_deployed),
        both=_many(found.both),
        unexplained=_many(found.unexplained) if found.unexplained else "",
        listed=tuple(_day(n, asked, found, changes) for n in newest[:MOST_LISTED] if changes),
        further=humanize.listed([days.names[n] for n in newest[MOST_LISTED:]], MOST_NAMED),
        deployed=humanize.listed([_counted(n, found) for n in found.only_deployed[::-1]], MOST_NAMED),
        lines=found.beside.lines,
        spoken=tuple(found.beside.spoken),
        folded=found.beside.folded,
        gaps=found.gaps,
        partly=found.partly,
        shifted=found.shifted,
        no_deploys=why(reply.deploys),
        no_changes=why(reply.changes),
        stopped=why(changes.stopped) if changes else "",
        deploys_line=DEPLOYS.way(asked.deploys),
        changes_line=EVENTS.way(asked.changes),
        url=ask.pages.flags(query.project, query.env),
    )


def _doubted(query: ReleasesQuery, reply: ReleasesReply) -> dict[str, tuple[str, ...]]:
    """The applications, where there is neither a deployment nor a change."""
    deployed = isinstance(reply.deploys, Failure) or not undeployed(reply.deploys)
    changed = isinstance(reply.changes, Failure) or bool(reply.changes.events)
    return {} if deployed or changed else {"app": query.app or ()}


def _total(changes: Read) -> str:
    return humanize.count(changes.total, "large-impact change") if changes.total > 0 else "no large-impact change"


def _many(days: list[int]) -> str:
    return humanize.count(len(days), "day") if days else "no day"


def _counted(n: int, found: Releasing) -> str:
    return f"{found.days.names[n]} ({humanize.number(found.deployed[n])})"


def _day(n: int, asked: Questions, found: Releasing, changes: Read) -> DayView:
    """A day by its changes, and the line that asks for just these."""
    days = asked.days
    flags = dict.fromkeys(humanize.short(event.flag, 60) for event in changes.events if days.day(event.time) == n)
    since, until = days.window(n, n).absolute
    return DayView(
        name=days.names[n],
        changes=humanize.count(found.changed[n], "large change"),
        flags=humanize.listed(list(flags), MOST_FLAGS),
        line=EVENTS.way({**dict(asked.changes), "since": since, "until": until}),
    )


ENDPOINT = Endpoint[ReleasesQuery, ReleasesReply, ReleasesView](
    name="releases",
    summary="Deployments against large flag changes, day by day, and the days that had one without the other",
    examples=(
        "releases web/production",
        "releases mobile/production app=ios-app since=7d",
        "releases platform/production since=8w",
    ),
    query=ReleasesQuery,
    reply=ReleasesReply,
    view=ReleasesView,
    fetch=fetch,
    show=show,
    doubted=_doubted,
)
