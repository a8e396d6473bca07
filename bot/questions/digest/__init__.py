"""The weekly digest: scores, large changes, flag status and deployments of one week, asked all at once.

reply.py      what LaunchDarkly sent of each part
changes.py    the large changes by flag
activity.py   deployments and large changes, day by day
significance.py what is worth speaking about
snapshot.py   what is kept for the weeks that follow
"""

from asyncio import gather
from dataclasses import dataclass
from typing import Annotated, Literal

from bot.errors import Failure
from bot.lines.param_types import Key, Keys
from bot.lines.params import Parameter, Query, own
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import Ask, Endpoint, View
from bot.questions.composition import at_least_one, part, passes, why
from bot.questions.day_range import Days
from bot.questions.deploys import ENDPOINT as DEPLOYS
from bot.questions.deploys import DeploysQuery, undeployed
from bot.questions.digest.activity import DaysView, days
from bot.questions.digest.changes import ChangesView, changes
from bot.questions.digest.reply import DigestReply
from bot.questions.digest.significance import MOVES, material
from bot.questions.digest.snapshot import snapshot, worth_a_look
from bot.questions.events import ENDPOINT as EVENTS
from bot.questions.events import EventsQuery
from bot.questions.events.pagination import Read, read
from bot.questions.scores import ENDPOINT as SCORES
from bot.questions.scores import ScoresQuery, ScoresView, ScoreView, uncalculated
from bot.questions.status import ENDPOINT as STATUS
from bot.questions.status import StatusQuery, StatusView, uncounted

MOST_HEADS = 10


class DigestQuery(Query):
    words = ("env",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    quiet: Annotated[
        Literal["on-change"] | None,
        own(f"one line where nothing of large impact happened and no score moved {MOVES} points or into another band"),
    ] = None


class WaysOn(View):
    """The questions behind the parts, where a button can carry them."""

    scores: str
    changes: str
    status: str
    deploys: str


class Missing(View):
    """Why a part is missing, in sentences; nothing where it is not."""

    scores: str
    changes: str
    unread: str
    status: str
    deploys: str


class DigestView(View):
    place: str
    apps: str
    week: str
    zone: str
    quiet: bool
    least: str
    scores: ScoresView | None
    heads: tuple[ScoreView, ...]
    more_heads: int
    uncalculated: str
    changes: ChangesView | None
    status: StatusView | None
    trend: str
    days: DaysView
    missing: Missing
    ways: WaysOn
    url: str


@dataclass(frozen=True)
class Questions:
    """What is asked of the others, all of one place and one week."""

    week: Days
    scores: ScoresQuery
    changes: EventsQuery
    status: StatusQuery
    deploys: DeploysQuery


def _questions(query: DigestQuery, ask: Ask) -> Questions:
    """Scores have a period of LaunchDarkly's own, and the status of flags is what it is at the moment."""
    week = Days.before(ask.now, ask.zone)
    project, env, app = query.project, query.env, query.app
    since, until = week.absolute
    return Questions(
        week,
        ScoresQuery(project=project, env=env, app=app),
        EventsQuery(project=project, env=env, app=app, expand="experiments", since=since, until=until),
        StatusQuery(project=project, env=env, app=app),
        DeploysQuery(project=project, env=env, app=app, since=since, until=until),
    )


async def fetch(query: DigestQuery, ask: Ask) -> DigestReply:
    asked = _questions(query, ask)
    scores, changed, status, deploys = await gather(
        part(SCORES.fetch(asked.scores, ask)),
        part(read(asked.changes, ask)),
        part(STATUS.fetch(asked.status, ask)),
        part(DEPLOYS.fetch(asked.deploys, ask)),
    )
    at_least_one(scores, changed, status, deploys)
    return DigestReply(scores, changed, status, deploys)


def show(query: DigestQuery, reply: DigestReply, ask: Ask) -> DigestView:
    asked = _questions(query, ask)
    scores = None if isinstance(reply.scores, Failure) else SCORES.show(asked.scores, reply.scores, ask)
    changed = None if isinstance(reply.changes, Failure) else reply.changes
    deployed = None if isinstance(reply.deploys, Failure) else reply.deploys
    heads = _heads(scores) if scores else ()
    return DigestView(
        place=f"{query.project}/{query.env}",
        apps=humanize.listed(list(query.app or ())),
        week=asked.week.said,
        zone=ask.zone.key,
        quiet=query.quiet == "on-change" and not material(reply),
        least=humanize.count(MOVES, "point"),
        scores=scores,
        heads=heads[:MOST_HEADS],
        more_heads=len(heads[MOST_HEADS:]),
        uncalculated=_uncalculated(scores) if scores else "",
        changes=changes(asked.changes, changed, ask) if changed else None,
        status=None if isinstance(reply.status, Failure) else STATUS.show(asked.status, reply.status, ask),
        trend=_trend(reply, ask),
        days=days(asked.week, deployed, changed),
        missing=_missing(reply),
        ways=_ways_on(asked),
        url=ask.pages.flags(query.project, query.env),
    )


def _heads(scores: ScoresView) -> tuple[ScoreView, ...]:
    """The scores that sum up the others; where there is no tree, all there are."""
    return tuple(branch.head for branch in scores.branches) or (() if scores.overall else scores.others)


def _uncalculated(scores: ScoresView) -> str:
    """The scores that are missing among others. Where nothing is calculated, the sum of them all says so."""
    if scores.overall is None or not scores.overall.known:
        return ""
    return humanize.listed([score.name for score in scores.scores if not score.known])


def _trend(reply: DigestReply, ask: Ask) -> str:
    """How the flags that are worth a look have changed in number."""
    now = worth_a_look(reply)
    return "" if now is None else history.moved(ask, history.DONE, now)


def _missing(reply: DigestReply) -> Missing:
    unread = reply.changes.stopped if isinstance(reply.changes, Read) else None
    return Missing(
        scores=why(reply.scores),
        changes=why(reply.changes),
        unread=why(unread),
        status=why(reply.status),
        deploys=why(reply.deploys),
    )


def _ways_on(asked: Questions) -> WaysOn:
    return WaysOn(
        scores=SCORES.way(asked.scores),
        changes=EVENTS.way(asked.changes),
        status=STATUS.way(asked.status),
        deploys=DEPLOYS.way(asked.deploys),
    )


def _partial(reply: DigestReply) -> bool:
    unread = reply.changes.stopped if isinstance(reply.changes, Read) else None
    return passes(reply.scores, reply.changes, unread, reply.status, reply.deploys)


def _doubted(query: DigestQuery, reply: DigestReply) -> dict[str, tuple[str, ...]]:
    """The applications, where no part holds anything."""
    anything = (
        isinstance(reply.scores, Failure) or not uncalculated(reply.scores),
        isinstance(reply.changes, Failure) or bool(reply.changes.events),
        isinstance(reply.status, Failure) or not uncounted(reply.status),
        isinstance(reply.deploys, Failure) or not undeployed(reply.deploys),
    )
    return {} if any(anything) else {"app": query.app or ()}


def _place(query: DigestQuery) -> str:
    return history.place(query.project, query.env, query.app)


ENDPOINT = Endpoint[DigestQuery, DigestReply, DigestView](
    name="digest",
    summary="The week at a glance: scores, large changes, flag status and deployments",
    examples=(
        "digest web/production",
        "digest mobile/production app=ios-app",
        "digest platform/production quiet=on-change",
    ),
    query=DigestQuery,
    reply=DigestReply,
    view=DigestView,
    fetch=fetch,
    show=show,
    partial=_partial,
    doubted=_doubted,
    quiet=lambda view: view.quiet,
    place=_place,
    snapshot=lambda query, reply, ask: snapshot(_place(query), reply, ask),
)
