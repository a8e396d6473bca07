"""Environments of a project side by side, or applications of one environment: scores, and deployments of some days.

score_table.py the scores of all sides as rows of one table
deployments.py the deployments of all sides on the same days
gap.py     who is ahead, and how far
"""

from asyncio import gather
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

from bot.errors import Failure, NotFound, Refused
from bot.lines.param_types import Key, Keys, When
from bot.lines.params import Parameter, Query
from bot.messages import humanize
from bot.questions.base import Ask, Endpoint, View
from bot.questions.chart import ChartReply, labels
from bot.questions.compare.deployments import DaysView, days, said
from bot.questions.compare.score_table import BoardView, board
from bot.questions.composition import at_least_one, part, why
from bot.questions.daily_series import deployed
from bot.questions.day_range import Days
from bot.questions.deploys import ENDPOINT as DEPLOYS
from bot.questions.deploys import DeploysQuery, undeployed
from bot.questions.scores import ENDPOINT as SCORES
from bot.questions.scores import ScoresQuery, ScoresReply, period_of, uncalculated

MOST_SIDES = 4


class CompareQuery(Query):
    words = ("env",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Keys, Parameter("environmentKey", "the environments to compare, or the one of the applications")]
    app: Annotated[
        Keys | None, Parameter("applicationKey", "the applications to compare; of several environments, only these")
    ] = None
    since: Annotated[When, Parameter("from", "from which day on deployments count; the last one ends at midnight")] = (
        "7d"
    )

    @property
    def compared(self) -> str:
        """The parameter that holds the sides: the environments where they are several, else the applications."""
        return "app" if self.app and len(self.env) == 1 else "env"

    @property
    def sides(self) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self, self.compared)
        return found

    def check(self) -> Iterator[str]:
        if len(self.sides) < 2:
            yield "One side cannot be compared: say several environments, as in env=one,two, or several applications."
        if len(self.sides) > MOST_SIDES:
            yield f"These are {len(self.sides)} sides, and at most {MOST_SIDES} fit beside each other."

    def instead(self) -> dict[str, Any]:
        keys = (*self.sides, self.compared.upper()) if len(self.sides) < 2 else self.sides[:MOST_SIDES]
        return {**dict(self), self.compared: keys}


@dataclass(frozen=True)
class Side:
    """How a side is called, and what is asked of it."""

    name: str
    scores: ScoresQuery
    deploys: DeploysQuery


@dataclass(frozen=True)
class CompareReply:
    """What LaunchDarkly sent of each side, or why that cannot be had."""

    scores: list[ScoresReply | Failure]
    deploys: list[ChartReply | Failure]


class SideView(View):
    """One side in short. What cannot be had has its reason, and a line to ask for it alone."""

    name: str
    mark: str
    standing: str
    deployments: str
    no_scores: str
    no_deploys: str
    scores: str
    deploys: str


class CompareView(View):
    place: str
    apps: str
    names: tuple[str, ...]
    sides: tuple[SideView, ...]
    board: BoardView
    days: DaysView
    period: str
    zone: str
    ways: tuple[tuple[str, str], ...]
    url: str


def _days(query: CompareQuery, ask: Ask) -> Days:
    return Days.since(query.since, ask, instead=ENDPOINT.line({**dict(query), "since": "7d"}))


def _sides(query: CompareQuery, days: Days) -> list[Side]:
    """Scores have a period of LaunchDarkly's own; deployments are those of some days."""
    found = []
    for name, key in zip(labels(query.sides), query.sides, strict=True):
        env, app = (key, query.app) if query.compared == "env" else (query.env[0], (key,))
        scores = ScoresQuery(project=query.project, env=env, app=app)
        since, until = days.absolute
        deploys = DeploysQuery(project=query.project, env=env, app=app, since=since, until=until)
        found.append(Side(name, scores, deploys))
    return found


async def fetch(query: CompareQuery, ask: Ask) -> CompareReply:
    sides = _sides(query, _days(query, ask))
    scores, deploys = await gather(
        gather(*(part(SCORES.fetch(side.scores, ask)) for side in sides)),
        gather(*(part(DEPLOYS.fetch(side.deploys, ask)) for side in sides)),
    )
    at_least_one(*scores, *deploys)
    return CompareReply(scores, deploys)


def _doubted(query: CompareQuery, reply: CompareReply) -> dict[str, tuple[str, ...]]:
    """The environments that LaunchDarkly refused, and the applications of which it has nothing."""
    parts = list(zip(query.sides, reply.scores, reply.deploys, strict=True))
    refused = [side for side, *both in parts if any(isinstance(found, NotFound | Refused) for found in both)]
    empty = tuple(side for side, scores, deploys in parts if _empty(scores, deploys))
    if query.compared == "app":
        return {"env": query.env if refused else (), "app": empty}
    return {"env": tuple(refused), "app": (query.app or ()) if len(empty) == len(parts) else ()}


def _empty(scores: ScoresReply | Failure, deploys: ChartReply | Failure) -> bool:
    return not isinstance(scores, Failure) and uncalculated(scores) and not _deployed(deploys)


def _deployed(deploys: ChartReply | Failure) -> bool:
    return isinstance(deploys, Failure) or not undeployed(deploys)


def show(query: CompareQuery, reply: CompareReply, ask: Ask) -> CompareView:
    chosen = _days(query, ask)
    sides = _sides(query, chosen)
    names = tuple(side.name for side in sides)
    scores = dict(zip(names, reply.scores, strict=True))
    deploys = dict(zip(names, reply.deploys, strict=True))
    had = {name: found for name, found in scores.items() if not isinstance(found, Failure)}
    sent = {name: deployed(chosen, c) for name, c in deploys.items() if not isinstance(c, Failure)}
    both = board(had)
    return CompareView(
        place=query.project if query.compared == "env" else f"{query.project}/{query.env[0]}",
        apps=humanize.listed(list(query.app or ())) if query.compared == "env" else "",
        names=names,
        sides=tuple(
            SideView(
                name=side.name,
                mark=both.mark(side.name),
                standing=both.standing(side.name),
                deployments=said(sent.get(side.name, {}), chosen),
                no_scores=why(scores[side.name]),
                no_deploys=why(deploys[side.name]),
                scores=SCORES.way(side.scores),
                deploys=DEPLOYS.way(side.deploys),
            )
            for side in sides
        ),
        board=both.view(names),
        days=days(chosen, sent),
        period=_period({name: period_of(found.period) for name, found in had.items()}),
        zone=ask.zone.key,
        ways=tuple(chain.from_iterable(_ways_on(side) for side in sides)),
        url=ask.pages.flags(query.project, query.env[0]),
    )


def _ways_on(side: Side) -> Iterator[tuple[str, str]]:
    yield f"Scores of {side.name}", SCORES.way(side.scores)
    yield f"Deployments of {side.name}", DEPLOYS.way(side.deploys)


def _period(said: Mapping[str, str]) -> str:
    """Over which days LaunchDarkly made the scores; side by side where that is not the same for all."""
    if len(set(said.values())) > 1:
        return humanize.joined([f"{period} ({side})" for side, period in said.items()])
    return next(iter(said.values()), "")


ENDPOINT = Endpoint[CompareQuery, CompareReply, CompareView](
    name="compare",
    summary="Environments or applications side by side: scores with the gap in points, and deployments",
    examples=(
        "compare web/production,staging",
        "compare web/production app=checkout-api,search-api",
        "compare platform/production,staging,test app=payments since=4w",
    ),
    query=CompareQuery,
    reply=CompareReply,
    view=CompareView,
    fetch=fetch,
    show=show,
    doubted=_doubted,
)
