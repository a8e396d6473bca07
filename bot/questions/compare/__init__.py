"""Compares environments of a project, or applications of one environment: scores, and deployments of some days.

score_table.py  the scores of all sides as rows of one table, and which side leads by how much
"""

from asyncio import gather
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, TypeVar

from bot.errors import Failure, NotFound, Rejected
from bot.lines.param_types import Key, Keys, TimeSpec
from bot.lines.plain_words import Words
from bot.lines.spec import Parameter, Params
from bot.messages import humanize
from bot.questions.base import (
    AnswerView,
    Question,
    QuestionContext,
    View,
    failure_text,
    raise_if_all_failed,
    result_or_failure,
)
from bot.questions.chart import ChartReply, Lines, unique_labels
from bot.questions.compare.score_table import (
    GapView,
    ScoreTable,
    ScoreTableView,
    build_gap_view,
    build_score_table,
    count_ahead,
)
from bot.questions.daily_series import CountsByDay, DailySeries, SeriesSet, deploys_by_day
from bot.questions.deploys import QUESTION as DEPLOYS
from bot.questions.deploys import DeploysParams, has_no_deploys
from bot.questions.scores import QUESTION as SCORES
from bot.questions.scores import ScoresParams, ScoresReply, fetch_scores, has_no_scores, period_text
from bot.questions.time_range import Days

MAX_SIDES = 4

T = TypeVar("T")


class CompareParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Keys, Parameter("environmentKey", "environment keys; to compare applications, one is enough")]
    app: Annotated[
        Keys | None, Parameter("applicationKey", "applications to compare, or a filter if you compare environments")
    ] = None
    since: Annotated[TimeSpec, Parameter("from", "first day for deployments; the last full day is yesterday")] = "7d"

    @property
    def compared_field(self) -> str:
        """The parameter that holds the sides: the environments if there are several, else the applications."""
        return "app" if self.app and len(self.env) == 1 else "env"

    @property
    def sides(self) -> tuple[str, ...]:
        sides: tuple[str, ...] = getattr(self, self.compared_field)
        return sides

    def check(self) -> Iterator[str]:
        if len(self.sides) < 2:
            yield "Give at least two environments or applications to compare, for example web/production,staging."
        if len(self.sides) > MAX_SIDES:
            yield f"I can compare at most {MAX_SIDES} at a time, and you gave {len(self.sides)}."

    def corrected_values(self) -> dict[str, Any]:
        keys = (*self.sides, self.compared_field.upper()) if len(self.sides) < 2 else self.sides[:MAX_SIDES]
        return {**dict(self), self.compared_field: keys}


@dataclass(frozen=True)
class Side:
    """One side: its name, and the params of its questions."""

    name: str
    scores: ScoresParams
    deploys: DeploysParams


@dataclass(frozen=True)
class CompareReply:
    """The replies for each side, or their failures."""

    scores: list[ScoresReply | Failure]
    deploys: list[ChartReply | Failure]


class SideView(View):
    """The summary of one side, with failures and the lines that ask for its parts alone."""

    name: str
    mark: str
    standing: str
    deployments: str
    no_scores: str
    no_deploys: str
    scores: str
    deploys: str


class ComparedDaysView(View):
    most: GapView | None
    lines: Lines | None
    folded: str
    gaps: str
    span: str
    shifted: bool


class CompareView(AnswerView):
    scope: str
    apps: str
    names: tuple[str, ...]
    sides: tuple[SideView, ...]
    board: ScoreTableView
    days: ComparedDaysView
    period: str
    zone: str
    actions: tuple[tuple[str, str], ...]


def _requested_days(params: CompareParams, ctx: QuestionContext) -> Days:
    return Days.since(params.since, ctx, corrected=QUESTION.line({**dict(params), "since": "7d"}))


def _sides(params: CompareParams, days: Days) -> list[Side]:
    """Build the sides. LaunchDarkly sets the period of scores; deployments cover `days`."""
    sides = []
    for name, key in zip(unique_labels(params.sides), params.sides, strict=True):
        env, app = (key, params.app) if params.compared_field == "env" else (params.env[0], (key,))
        scores = ScoresParams(project=params.project, env=env, app=app)
        since, until = days.absolute
        deploys = DeploysParams(project=params.project, env=env, app=app, since=since, until=until)
        sides.append(Side(name, scores, deploys))
    return sides


async def fetch(params: CompareParams, ctx: QuestionContext) -> CompareReply:
    sides = _sides(params, _requested_days(params, ctx))
    scores, deploys = await gather(
        gather(*(result_or_failure(fetch_scores(side.scores, ctx)) for side in sides)),
        gather(*(result_or_failure(DEPLOYS.fetch(side.deploys, ctx)) for side in sides)),
    )
    raise_if_all_failed(*scores, *deploys)
    return CompareReply(scores, deploys)


def _suspect_keys(params: CompareParams, reply: CompareReply) -> dict[str, tuple[str, ...]]:
    """Suspect the environments that LaunchDarkly refused, and the applications without data."""
    results = list(zip(params.sides, reply.scores, reply.deploys, strict=True))
    refused = [
        side for side, *outcomes in results if any(isinstance(outcome, NotFound | Rejected) for outcome in outcomes)
    ]
    empty = tuple(side for side, scores, deploys in results if _has_no_data(scores, deploys))
    if params.compared_field == "app":
        return {"env": params.env if refused else (), "app": empty}
    return {"env": tuple(refused), "app": (params.app or ()) if len(empty) == len(results) else ()}


def _has_no_data(scores: ScoresReply | Failure, deploys: ChartReply | Failure) -> bool:
    return not isinstance(scores, Failure) and has_no_scores(scores) and not _has_deploys(deploys)


def _has_deploys(deploys: ChartReply | Failure) -> bool:
    return isinstance(deploys, Failure) or not has_no_deploys(deploys)


def build_view(params: CompareParams, reply: CompareReply, ctx: QuestionContext) -> CompareView:
    days = _requested_days(params, ctx)
    sides = _sides(params, days)
    names = tuple(side.name for side in sides)
    scores = _available(names, reply.scores)
    deploy_counts = {name: deploys_by_day(days, chart) for name, chart in _available(names, reply.deploys).items()}
    deployments = [describe_deploys(deploy_counts.get(name, {}), days) for name in names]
    table = build_score_table(scores)
    parts = zip(sides, deployments, reply.scores, reply.deploys, strict=True)
    compares_envs = params.compared_field == "env"
    return CompareView(
        scope=params.project if compares_envs else f"{params.project}/{params.env[0]}",
        apps=humanize.join_truncated(list(params.app or ())) if compares_envs else "",
        names=names,
        sides=tuple(_side_view(table, *side_parts) for side_parts in parts),
        board=table.view(names),
        days=build_days_view(days, deploy_counts),
        period=_period_text({name: period_text(side_scores.period) for name, side_scores in scores.items()}),
        zone=ctx.zone.key,
        actions=tuple(chain.from_iterable(_side_lines(side) for side in sides)),
        url=ctx.urls.flags(params.project, params.env[0]),
    )


def _available(names: Sequence[str], results: Sequence[T | Failure]) -> dict[str, T]:
    """Return the results that aren't failures, by the name of their side."""
    by_name = zip(names, results, strict=True)
    return {name: result for name, result in by_name if not isinstance(result, Failure)}


def _side_view(
    table: ScoreTable, side: Side, deployments: str, scores: ScoresReply | Failure, deploys: ChartReply | Failure
) -> SideView:
    return SideView(
        name=side.name,
        mark=table.mark(side.name),
        standing=table.standing(side.name),
        deployments=deployments,
        no_scores=failure_text(scores),
        no_deploys=failure_text(deploys),
        scores=SCORES.button_line(side.scores),
        deploys=DEPLOYS.button_line(side.deploys),
    )


def _side_lines(side: Side) -> Iterator[tuple[str, str]]:
    yield f"Scores of {side.name}", SCORES.button_line(side.scores)
    yield f"Deployments of {side.name}", DEPLOYS.button_line(side.deploys)


def _period_text(periods: Mapping[str, str]) -> str:
    """Return the period of the scores; if it differs, that of each side."""
    if len(set(periods.values())) > 1:
        return humanize.join_with_and([f"{period} ({side})" for side, period in periods.items()])
    return next(iter(periods.values()), "")


def build_days_view(days: Days, deploy_counts: Mapping[str, CountsByDay]) -> ComparedDaysView:
    """Build the view from the sides with deployment data."""
    with_data = {name: counts for name, counts in deploy_counts.items() if counts}
    chart = SeriesSet(days, tuple(DailySeries(name, counts) for name, counts in with_data.items()))
    return ComparedDaysView(
        most=build_gap_view(
            "Deployments", {name: sum(counts.values()) for name, counts in with_data.items()}, count_ahead
        ),
        lines=chart.lines,
        folded=chart.point_width,
        gaps="; ".join(
            f"{name} for {gaps}" for name, counts in with_data.items() if (gaps := _gap_names(counts, days))
        ),
        span=days.label,
        shifted=bool(with_data) and not days.aligned_to_hours,
    )


def describe_deploys(counts: CountsByDay, days: Days) -> str:
    """Describe the deployments of one side, with the average over the days with data."""
    if not counts:
        return ""
    total, day_count = sum(counts.values()), len(counts)
    coverage = "" if day_count == len(days.dates) else f" over the {humanize.count(day_count, 'day')} with data"
    return f"{humanize.count(total, 'deployment')}, {humanize.number(total / day_count)} per day{coverage}"


def _gap_names(counts: CountsByDay, days: Days) -> str:
    return days.names_of(n for n in range(len(days.dates)) if n not in counts)


QUESTION = Question[CompareParams, CompareReply, CompareView](
    name="compare",
    summary="Environments or applications side by side: scores and deployments",
    examples=(
        "compare web/production,staging",
        "compare web/production app=checkout-api,search-api",
        "compare platform/production,staging,test app=payments since=4w",
    ),
    label="Comparison",
    words=Words(
        strong="compar*, versus, vs, differ*, side by side",
        weak="than, between, against, better, worse, both, gap, as good as, relative to, ahead",
        covers_today=False,
        compares=True,
    ),
    params=CompareParams,
    reply=CompareReply,
    view=CompareView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=_suspect_keys,
)
