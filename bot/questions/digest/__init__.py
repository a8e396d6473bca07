"""The digest: what happened in a day, a week or a month, what to do, and the numbers, on one screen.

report.py    the days that it covers, and what LaunchDarkly reports of one environment, fetched concurrently
findings.py  what is worth reading: the headline, flags worth knowing about, and numbers with their changes
details.py   the thread, or full report: all large changes, and day by day beside the deployments
"""

from asyncio import gather
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from bot.errors import Failure
from bot.lines.param_types import Boolean, Key, Keys, ProjectEnvs, TimeSpec
from bot.lines.plain_words import Words
from bot.lines.spec import Parameter, Params, bot_param
from bot.messages import humanize
from bot.messages.mrkdwn import clean
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
from bot.questions.deploys import QUESTION as DEPLOYS
from bot.questions.digest.details import ChangesView, DigestDaysView, build_changes_view, build_days_view
from bot.questions.digest.findings import (
    HeadlineView,
    HighlightView,
    NumberView,
    WorthDoingView,
    build_counts,
    build_headline,
    build_highlights,
    build_worth_doing,
    group_changes,
    most_important,
    overall_move,
    overall_trend,
)
from bot.questions.digest.report import MIN_SCORE_MOVE, Report, Scope, Span, covered_days, fetch_report
from bot.questions.events import QUESTION as EVENTS
from bot.questions.events.stories import FlagStories
from bot.questions.scores import QUESTION as SCORES
from bot.questions.scores import ScoresView, ScoreView
from bot.questions.status import QUESTION as STATUS
from bot.questions.status import StatusView
from bot.store import Snapshot

MAX_HEADS = 4
MAX_ENVIRONMENTS = 6
MAX_CHANGED_FLAGS = {False: 40, True: 16}  # in the thread, and in a full report, which is one message


class DigestParams(Params):
    positional = ("env",)
    more_field = "more"

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    more: Annotated[ProjectEnvs | None, bot_param("up to five more environments")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    span: Annotated[Span | None, bot_param("the last full day, week or month; a week by default")] = None
    since: Annotated[TimeSpec | None, bot_param("first day, instead of a span")] = None
    until: Annotated[TimeSpec | None, bot_param("last day; yesterday by default")] = None
    quiet: Annotated[
        Literal["on-change"] | None,
        bot_param(
            "only one line when there were no large changes "
            f"and no score moved {MIN_SCORE_MOVE} points or into another band"
        ),
    ] = None
    full: Annotated[Boolean, bot_param("the full report: all scores, changes, flags and deployments")] = False

    @property
    def environments(self) -> tuple[tuple[str, str], ...]:
        """The projects and environments, each once."""
        more = (name.partition("/") for name in self.more or ())
        return tuple(dict.fromkeys([(self.project, self.env), *((project, env) for project, _, env in more)]))

    def check(self) -> Iterator[str]:
        if len(self.environments) > MAX_ENVIRONMENTS:
            yield f"A digest covers at most six environments, and you gave {len(self.environments)}."
        if self.more and self.full:
            yield "A full report covers one environment."

    def corrected_values(self) -> dict[str, Any]:
        more = (self.more or ())[: MAX_ENVIRONMENTS - 1]
        return {**dict(self), "more": None if self.full else more}


@dataclass(frozen=True)
class DigestReply:
    """What LaunchDarkly reports of each environment, or why nothing could be loaded."""

    reports: tuple[Report, ...]
    failed: tuple[tuple[str, Failure], ...]

    @property
    def is_partial(self) -> bool:
        """Whether something is missing that a later attempt may return."""
        failures = [failure for _, failure in self.failed]
        return any_transient(*failures) or any(report.is_partial for report in self.reports)

    @property
    def is_significant(self) -> bool:
        """Whether there is anything to report; what couldn't be loaded counts."""
        return bool(self.failed) or any(report.is_significant for report in self.reports)


class DigestLinesView(View):
    """The lines that ask for each part alone, and for the full report; empty if a button can't carry one."""

    scores: str
    changes: str
    status: str
    deploys: str
    full: str


class MissingView(View):
    """A part that couldn't be loaded: what happened, and all that is known about it."""

    short: str
    why: str


class MissingPartsView(View):
    """The parts that are missing; None for the others. `insights` is one line for all that need insights."""

    insights: str
    scores: MissingView | None
    changes: MissingView | None
    unread: MissingView | None
    status: MissingView | None
    cleanup: MissingView | None
    deploys: MissingView | None


class ReportView(View):
    """What happened in one environment: the findings, then the details."""

    name: str
    headline: HeadlineView
    highlights: tuple[HighlightView, ...]
    doing: WorthDoingView | None
    line: str
    heads: tuple[ScoreView, ...]
    sparkline: str
    counts: tuple[NumberView, ...]
    scores: ScoresView | None
    uncalculated: str
    changes: ChangesView | None
    status: StatusView | None
    days: DigestDaysView
    missing: MissingPartsView
    part_lines: DigestLinesView


class DigestView(AnswerView):
    title: str
    names: str
    days: str
    before: str
    previous: str
    zone: str
    apps: str
    quiet: bool
    full: bool
    least: str
    lead: ReportView  # for the headline: one with a flag that is still off, else the one that moved most
    reports: tuple[ReportView, ...]  # those that moved most first
    failed: tuple[tuple[str, str], ...]  # environments that couldn't be loaded, each with the reason
    highlights: tuple[HighlightView, ...]

    @property
    def unrolled(self) -> bool:
        return self.full


def _scopes(params: DigestParams, ctx: QuestionContext) -> list[Scope]:
    corrected = QUESTION.line({**dict(params), "since": None, "until": None})
    covered = covered_days(params.span, params.since, params.until, ctx, corrected=corrected)
    return [Scope(project, env, params.app, covered) for project, env in params.environments]


async def fetch(params: DigestParams, ctx: QuestionContext) -> DigestReply:
    scopes = _scopes(params, ctx)
    results = await gather(*(result_or_failure(fetch_report(scope, ctx)) for scope in scopes))
    raise_if_all_failed(*results)
    named = [(scope.name, result) for scope, result in zip(scopes, results, strict=True)]
    return DigestReply(
        tuple(result for result in results if isinstance(result, Report)),
        tuple((name, result) for name, result in named if isinstance(result, Failure)),
    )


def build_view(params: DigestParams, reply: DigestReply, ctx: QuestionContext) -> DigestView:
    reports = sorted(reply.reports, key=overall_move, reverse=True)
    grouped = [(report, group_changes(report)) for report in reports]
    views = tuple(_report_view(params, report, groups, ctx) for report, groups in grouped)
    covered = reports[0].scope.covered
    return DigestView(
        title=covered.title,
        names=humanize.join_with_and([f"{project}/{env}" for project, env in params.environments]),
        days=covered.days.label,
        before=covered.before,
        previous=covered.previous.label,
        zone=ctx.zone.key,
        apps=humanize.join_truncated(list(params.app or ())),
        quiet=params.quiet == "on-change" and not reply.is_significant,
        full=params.full,
        least=humanize.count(MIN_SCORE_MOVE, "point"),
        lead=next((view for view in views if view.headline.still), views[0]),
        reports=views,
        failed=tuple((name, clean(failure.summary)) for name, failure in reply.failed),
        highlights=most_important(grouped, ctx),
        url=ctx.urls.flags(params.project, params.env),
    )


def _report_view(
    params: DigestParams, report: Report, groups: Sequence[FlagStories], ctx: QuestionContext
) -> ReportView:
    scope = report.scope
    scores = None if isinstance(report.scores, Failure) else SCORES.build_view(scope.scores, report.scores, ctx)
    changes = None if isinstance(report.changes, Failure) else report.changes
    deploys = None if isinstance(report.deploys, Failure) else report.deploys
    return ReportView(
        name=scope.name,
        headline=build_headline(report, groups),
        highlights=build_highlights(report, groups, ctx),
        doing=build_worth_doing(report, ctx),
        line=QUESTION.button_line(_line_of(params, scope)),
        heads=_heads(scores) if scores else (),
        sparkline=overall_trend(report, ctx),
        counts=build_counts(report),
        scores=scores,
        uncalculated=_uncalculated_names(scores) if scores else "",
        changes=build_changes_view(scope.changes, changes, ctx, report.flags, MAX_CHANGED_FLAGS[params.full])
        if changes
        else None,
        status=None if isinstance(report.status, Failure) else STATUS.build_view(scope.status, report.status, ctx),
        days=build_days_view(scope.covered.days, deploys, changes),
        missing=_missing(report),
        part_lines=_part_lines(params, scope),
    )


def _heads(scores: ScoresView) -> tuple[ScoreView, ...]:
    """Return the overall score and the head of each branch; without a tree, the first scores."""
    top = (scores.overall,) if scores.overall else ()
    branches = tuple(branch.head for branch in scores.branches)
    return (*top, *branches[: MAX_HEADS - 1]) if top or branches else scores.others[:MAX_HEADS]


def _uncalculated_names(scores: ScoresView) -> str:
    """Name the scores that aren't calculated. If none is, the overall score already says so."""
    if scores.overall is None or not scores.overall.known:
        return ""
    return humanize.join_truncated([score.name for score in scores.scores if not score.known])


def _missing(report: Report) -> MissingPartsView:
    return MissingPartsView(
        insights=no_access_text(report.scores, INSIGHTS) if report.lacks_insights else "",
        scores=_missing_view(report.scores),
        changes=_missing_view(report.changes),
        unread=_missing_view(report.unread_failure),
        status=_missing_view(report.status),
        cleanup=_missing_view(report.cleanup),
        deploys=_missing_view(report.deploys),
    )


def _missing_view(part: object) -> MissingView | None:
    return MissingView(short=clean(part.summary), why=failure_text(part)) if isinstance(part, Failure) else None


def _part_lines(params: DigestParams, scope: Scope) -> DigestLinesView:
    return DigestLinesView(
        scores=SCORES.button_line(scope.scores),
        changes=EVENTS.button_line(scope.changes),
        status=STATUS.button_line(scope.status),
        deploys=DEPLOYS.button_line(scope.deploys),
        full="" if params.full else QUESTION.button_line(_line_of(params, scope) | {"full": True}),
    )


def _line_of(params: DigestParams, scope: Scope) -> dict[str, Any]:
    """Return the params of the digest of one environment, for exactly these days."""
    since, until = scope.covered.days.absolute
    only = {"project": scope.project, "env": scope.env, "more": None, "quiet": None}
    return {**dict(params), **only, "since": since, "until": until}


def history_key(params: DigestParams) -> str:
    """Return the key of a digest's snapshots: for several environments, of all of them together."""
    more = "".join(f",{project}/{env}" for project, env in params.environments[1:])
    return history.key_for(params.project, params.env + more, params.app)


def take_snapshot(params: DigestParams, reply: DigestReply, ctx: QuestionContext) -> Snapshot:
    """Build the snapshot with all metrics, since LaunchDarkly can't report them for past weeks.

    Of several environments, it only holds whether there was anything to report."""
    metrics = reply.reports[0].metrics(ctx) if len(params.environments) == 1 else ()
    span = params.span or ("" if params.since else "week")
    return Snapshot(history_key(params), ctx.today, dict(metrics), reply.is_significant, span)


def suspect_keys(params: DigestParams, reply: DigestReply) -> dict[str, tuple[str, ...]]:
    """Suspect the applications if no environment has data of them."""
    return {} if any(report.has_data for report in reply.reports) else {"app": params.app or ()}


QUESTION = Question[DigestParams, DigestReply, DigestView](
    name="digest",
    summary="What happened this week, what to clean up, and how the scores moved",
    examples=(
        "digest web/production",
        "digest mobile/production app=ios-app span=month",
        "digest platform/production quiet=on-change",
        "digest web/production,mobile/production,platform/production",
    ),
    label="Digest",
    words=Words(
        strong="digest, summar*, recap, roundup, weekly report, monthly report, daily report, highlights, "
        "catch me up, catch up, fill me in, up to speed, did i miss, what happened, whats happening, "
        "how was the week, how was last week, how did the week, tldr, brief me, should i know, worth knowing, "
        "status update",
        weak="happen*, report*, going on, news, update*, overall, overview, miss*, whats new, interesting, important, "
        "how was, how did, review, in short, wrap up",
        covers_today=False,
        whole_days=True,
        max_days=45,
    ),
    params=DigestParams,
    reply=DigestReply,
    view=DigestView,
    fetch=fetch,
    build_view=build_view,
    is_partial=lambda reply: reply.is_partial,
    suspect_keys=suspect_keys,
    is_quiet=lambda view: view.quiet,
    snapshot=take_snapshot,
    span_field="span",
    display_fields=("quiet", "full"),
)
