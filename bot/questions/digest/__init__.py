"""The weekly digest: scores, large changes, flag status and deployments of one week, fetched concurrently.

changes.py  the large changes: by flag, and day by day beside the deployments
"""

from asyncio import gather
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from bot.errors import Failure, NotAllowed
from bot.launchdarkly import Number
from bot.lines.param_types import Key, Keys
from bot.lines.spec import Parameter, Params, bot_param
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import (
    INSIGHTS,
    AnswerView,
    Question,
    QuestionContext,
    View,
    any_transient,
    failure_text,
    no_access_text,
    raise_if_all_failed,
    result_or_failure,
)
from bot.questions.catalog import FlagsByKey
from bot.questions.chart import ChartReply
from bot.questions.daily_series import deploys_by_day
from bot.questions.deploys import QUESTION as DEPLOYS
from bot.questions.deploys import DeploysParams, has_no_deploys
from bot.questions.digest.changes import ChangesView, DigestDaysView, build_changes_view, build_days_view
from bot.questions.events import QUESTION as EVENTS
from bot.questions.events import EventList, EventsParams, fetch_all, fetch_flags
from bot.questions.history import WithHistory
from bot.questions.scores import QUESTION as SCORES
from bot.questions.scores import (
    UNKNOWN_INDICATORS,
    Score,
    ScoresParams,
    ScoresReply,
    ScoresView,
    ScoreView,
    has_no_scores,
    overall_score,
    score_change,
)
from bot.questions.status import QUESTION as STATUS
from bot.questions.status import StatusParams, StatusReply, StatusView, chart_counts, count_done, has_no_flags
from bot.questions.time_range import Days
from bot.store import Snapshot

# Scores are whole points, and a leaf is a mean over a week: a single change can move it by one or two.
MIN_SCORE_MOVE = 3
MAX_HEADS = 10


class DigestParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    quiet: Annotated[
        Literal["on-change"] | None,
        bot_param(
            "only one line when there were no large changes "
            f"and no score moved {MIN_SCORE_MOVE} points or into another band"
        ),
    ] = None


@dataclass(frozen=True)
class DigestReply:
    """The replies to all parts, or their failures; and the flags that were changed last, if they can be read."""

    scores: WithHistory[ScoresReply] | Failure
    changes: EventList | Failure
    status: StatusReply | Failure
    deploys: ChartReply | Failure
    flags: FlagsByKey


class DigestLinesView(View):
    """The lines that ask for each part alone; empty if a button can't carry one."""

    scores: str
    changes: str
    status: str
    deploys: str


class MissingPartsView(View):
    """Why each part is missing; empty for the others. `insights` tells it in one line for all that need insights."""

    insights: str
    scores: str
    changes: str
    unread: str
    status: str
    deploys: str


class DigestView(AnswerView):
    scope: str
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
    days: DigestDaysView
    missing: MissingPartsView
    part_lines: DigestLinesView


@dataclass(frozen=True)
class DigestPartParams:
    """The params of all parts, for the same project, environment and week."""

    week: Days
    scores: ScoresParams
    changes: EventsParams
    status: StatusParams
    deploys: DeploysParams


def _part_params(params: DigestParams, ctx: QuestionContext) -> DigestPartParams:
    """Build the params of all parts. Scores have LaunchDarkly's own period, and flag status is always current."""
    week = Days.last_full(ctx.now, ctx.zone)
    project, env, app = params.project, params.env, params.app
    since, until = week.absolute
    return DigestPartParams(
        week,
        ScoresParams(project=project, env=env, app=app),
        EventsParams(project=project, env=env, app=app, expand="experiments", since=since, until=until),
        StatusParams(project=project, env=env, app=app),
        DeploysParams(project=project, env=env, app=app, since=since, until=until),
    )


async def fetch(params: DigestParams, ctx: QuestionContext) -> DigestReply:
    part_params = _part_params(params, ctx)
    scores, changes, status, deploys, flags = await gather(
        result_or_failure(SCORES.fetch(part_params.scores, ctx)),
        result_or_failure(fetch_all(part_params.changes, ctx)),
        result_or_failure(STATUS.fetch(part_params.status, ctx)),
        result_or_failure(DEPLOYS.fetch(part_params.deploys, ctx)),
        fetch_flags(params.project, params.env, ctx),
    )
    raise_if_all_failed(scores, changes, status, deploys)
    return DigestReply(scores, changes, status, deploys, flags)


def build_view(params: DigestParams, reply: DigestReply, ctx: QuestionContext) -> DigestView:
    part_params = _part_params(params, ctx)
    scores = None if isinstance(reply.scores, Failure) else SCORES.build_view(part_params.scores, reply.scores, ctx)
    changes = None if isinstance(reply.changes, Failure) else reply.changes
    deploys = None if isinstance(reply.deploys, Failure) else reply.deploys
    heads = _heads(scores) if scores else ()
    return DigestView(
        scope=f"{params.project}/{params.env}",
        apps=humanize.join_truncated(list(params.app or ())),
        week=part_params.week.label,
        zone=ctx.zone.key,
        quiet=params.quiet == "on-change" and not is_significant(reply),
        least=humanize.count(MIN_SCORE_MOVE, "point"),
        scores=scores,
        heads=heads[:MAX_HEADS],
        more_heads=len(heads[MAX_HEADS:]),
        uncalculated=_uncalculated_names(scores) if scores else "",
        changes=build_changes_view(part_params.changes, changes, ctx, reply.flags) if changes else None,
        status=None if isinstance(reply.status, Failure) else STATUS.build_view(part_params.status, reply.status, ctx),
        trend=_done_flags_trend(reply, ctx),
        days=build_days_view(part_params.week, deploys, changes),
        missing=_missing(reply),
        part_lines=_part_lines(part_params, reply),
        url=ctx.urls.flags(params.project, params.env),
    )


def _heads(scores: ScoresView) -> tuple[ScoreView, ...]:
    """Return the head of each branch; without a tree, all scores."""
    return tuple(branch.head for branch in scores.branches) or (() if scores.overall else scores.others)


def _uncalculated_names(scores: ScoresView) -> str:
    """Name the scores that aren't calculated. If none is, the overall score already says so."""
    if scores.overall is None or not scores.overall.known:
        return ""
    return humanize.join_truncated([score.name for score in scores.scores if not score.known])


def _done_flags_trend(reply: DigestReply, ctx: QuestionContext) -> str:
    """Describe how the number of launched or inactive flags changed."""
    current = count_done_flags(reply)
    if isinstance(reply.status, Failure) or current is None:
        return ""
    return history.describe_change(reply.status.snapshots, ctx.today, history.DONE_FLAGS, current)


def _missing(reply: DigestReply) -> MissingPartsView:
    read_failure = reply.changes.failure if isinstance(reply.changes, EventList) else None
    return MissingPartsView(
        insights=no_access_text(reply.scores, INSIGHTS) if _lacks_insights(reply) else "",
        scores=failure_text(reply.scores),
        changes=failure_text(reply.changes),
        unread=failure_text(read_failure),
        status=failure_text(reply.status),
        deploys=failure_text(reply.deploys),
    )


def _lacks_insights(reply: DigestReply) -> bool:
    """Return whether the plan or the token's role includes no engineering insights at all."""
    parts = (reply.scores, reply.changes, reply.deploys, _chart(reply))
    return all(isinstance(part, NotAllowed) for part in parts)


def _chart(reply: DigestReply) -> ChartReply | Failure:
    return reply.status if isinstance(reply.status, Failure) else reply.status.chart


def _part_lines(part_params: DigestPartParams, reply: DigestReply) -> DigestLinesView:
    status = STATUS.button_line(part_params.status)
    if _lacks_insights(reply):
        return DigestLinesView(scores="", changes="", status=status, deploys="")
    return DigestLinesView(
        scores=SCORES.button_line(part_params.scores),
        changes=EVENTS.button_line(part_params.changes),
        status=status,
        deploys=DEPLOYS.button_line(part_params.deploys),
    )


def _is_partial(reply: DigestReply) -> bool:
    read_failure = reply.changes.failure if isinstance(reply.changes, EventList) else None
    return any_transient(reply.scores, reply.changes, read_failure, reply.status, reply.deploys)


def _suspect_keys(params: DigestParams, reply: DigestReply) -> dict[str, tuple[str, ...]]:
    """Suspect the applications if no part has data."""
    has_data = (
        isinstance(reply.scores, Failure) or not has_no_scores(reply.scores.reply),
        isinstance(reply.changes, Failure) or bool(reply.changes.events),
        isinstance(reply.status, Failure) or not has_no_flags(reply.status),
        isinstance(reply.deploys, Failure) or not has_no_deploys(reply.deploys),
    )
    return {} if any(has_data) else {"app": params.app or ()}


def history_key(params: DigestParams) -> str:
    return history.key_for(params.project, params.env, params.app)


def is_significant(reply: DigestReply) -> bool:
    """Return whether there is anything to report; a missing part counts."""
    if isinstance(reply.scores, Failure) or isinstance(reply.changes, Failure):
        return True
    if isinstance(_chart(reply), Failure) or isinstance(reply.deploys, Failure):
        return True
    return reply.changes.total > 0 or reply.changes.failure is not None or _any_score_moved(reply.scores.reply)


def _any_score_moved(reply: ScoresReply) -> bool:
    return any(_has_moved(score) for score in reply.scores.values() if score)


def _has_moved(score: Score) -> bool:
    """Return whether a score moved by enough points or changed its indicator, including to or from "no data"."""
    if score.last and score.last.indicator not in (None, score.indicator):
        return True
    return score.indicator not in UNKNOWN_INDICATORS and abs(score_change(score) or 0) >= MIN_SCORE_MOVE


def take_snapshot(key: str, reply: DigestReply, ctx: QuestionContext) -> Snapshot:
    """Build the snapshot with all metrics, since LaunchDarkly can't report them for past weeks."""
    return Snapshot(key, ctx.today, dict(_metrics(reply, ctx)), is_significant(reply))


def count_done_flags(reply: DigestReply) -> Number | None:
    """Count the launched or inactive flags, or return None if there is no data."""
    counts = [] if isinstance(reply.status, Failure) else chart_counts(reply.status)
    return count_done(counts) if counts else None


def _metrics(reply: DigestReply, ctx: QuestionContext) -> Iterator[tuple[str, Number]]:
    """Yield the known metrics; a missing one is unknown, not zero."""
    if not isinstance(reply.scores, Failure) and (score := overall_score(reply.scores.reply)) is not None:
        yield history.OVERALL_SCORE, score
    if not isinstance(reply.changes, Failure):
        yield history.LARGE_CHANGES, reply.changes.total
    if not isinstance(reply.status, Failure) and (counts := chart_counts(reply.status)):
        yield history.ALL_FLAGS, sum(flags for _, flags in counts)
        yield history.DONE_FLAGS, count_done(counts)
    if not isinstance(reply.deploys, Failure):
        days = deploys_by_day(Days.last_full(ctx.now, ctx.zone), reply.deploys)
        yield from [(history.DEPLOYMENTS, sum(days.values()))] if days else []


QUESTION = Question[DigestParams, DigestReply, DigestView](
    name="digest",
    summary="The week at a glance: scores, large changes, flags and deployments",
    examples=(
        "digest web/production",
        "digest mobile/production app=ios-app",
        "digest platform/production quiet=on-change",
    ),
    params=DigestParams,
    reply=DigestReply,
    view=DigestView,
    fetch=fetch,
    build_view=build_view,
    is_partial=_is_partial,
    suspect_keys=_suspect_keys,
    is_quiet=lambda view: view.quiet,
    snapshot=lambda params, reply, ctx: take_snapshot(history_key(params), reply, ctx),
)
