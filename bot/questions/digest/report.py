"""The days that a digest covers, and all that it reports of one environment, fetched at once."""

from asyncio import gather
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Literal

from bot.errors import Failure, InvalidLine, NotAllowed
from bot.launchdarkly import Number
from bot.lines.timespec import format_exact, is_exact, resolve_time
from bot.questions import history
from bot.questions.base import QuestionContext, any_transient, raise_if_all_failed, result_or_failure
from bot.questions.catalog import FlagsByKey
from bot.questions.chart import ChartReply
from bot.questions.cleanup import QUESTION as CLEANUP
from bot.questions.cleanup import CleanupParams, select_flags
from bot.questions.cleanup.candidates import CleanupReply
from bot.questions.daily_series import CountsByDay, deploys_by_day
from bot.questions.deploys import QUESTION as DEPLOYS
from bot.questions.deploys import DeploysParams, has_no_deploys
from bot.questions.events import EventList, EventsParams, fetch_all, fetch_flags, fetch_page
from bot.questions.events.event import EventsReply
from bot.questions.history import WithHistory
from bot.questions.scores import QUESTION as SCORES
from bot.questions.scores import (
    UNKNOWN_INDICATORS,
    Score,
    ScoresParams,
    ScoresReply,
    has_no_scores,
    overall_score,
    score_change,
)
from bot.questions.status import QUESTION as STATUS
from bot.questions.status import StatusParams, StatusReply, chart_counts, count_done, has_no_flags
from bot.questions.time_range import Days

Span = Literal["day", "week", "month"]
DAYS_PER_SPAN: dict[Span, int] = {"day": 1, "week": 7}
TITLES: dict[Span, str] = {"day": "Daily", "week": "Weekly", "month": "Monthly"}
MAX_DAYS = 45  # of a digest; the days before are requested too


@dataclass(frozen=True)
class CoveredDays:
    """The days of a digest, as many days before them, and the span that they are, if any."""

    days: Days
    previous: Days
    span: Span | None

    @property
    def title(self) -> str:
        return f"{TITLES[self.span] if self.span else f'{len(self.days.dates)}-day'} digest"

    @property
    def before(self) -> str:
        """The previous days in words: `the week before`."""
        return f"the {self.span or f'{len(self.previous.dates)} days'} before"


def covered_days(
    span: Span | None, since: str | None, until: str | None, ctx: QuestionContext, *, corrected: str
) -> CoveredDays:
    """Return the days from `since`, or a span, up to yesterday or `until`.

    Days that can't be covered raise InvalidLine with the line `corrected`."""
    end = _end(until, ctx)
    start = since or format_exact(_step_back(end, span or "week"))
    days = Days.between(start, format_exact(end), ctx, corrected=corrected)
    if len(days.dates) > MAX_DAYS:
        raise InvalidLine((f"A digest covers at most {MAX_DAYS} days.",), corrected=corrected)
    first = days.full_window.start
    previous_start = first - timedelta(days=len(days.dates)) if since else _step_back(first, span or "week")
    previous = Days.between(format_exact(previous_start), format_exact(first), ctx, corrected=corrected)
    by_length = {count: name for name, count in DAYS_PER_SPAN.items()}
    return CoveredDays(days, previous, span or by_length.get(len(days.dates)))


def _end(until: str | None, ctx: QuestionContext) -> datetime:
    """Return the end of the last day, which may lie in the future, or an exact time as it is."""
    last = resolve_time(until or "yesterday", ctx.now, ctx.zone)
    return last if until and is_exact(until) else datetime.combine(last.date() + timedelta(days=1), time(), ctx.zone)


def _step_back(end: datetime, span: Span) -> datetime:
    """Return the start of the span that ends then, at the same local time."""
    if span != "month":
        return end - timedelta(days=DAYS_PER_SPAN[span])
    year, month = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
    return end.replace(year=year, month=month, day=min(end.day, monthrange(year, month)[1]))


# Scores are whole points, and a leaf is a mean over a week: a single change can move it by one or two.
MIN_SCORE_MOVE = 3
MAX_EVENT_PAGES = 3  # sequential, so they decide how long a digest takes


@dataclass(frozen=True)
class Scope:
    """A project and environment, the applications, and the days to report."""

    project: str
    env: str
    app: tuple[str, ...] | None
    covered: CoveredDays

    @property
    def name(self) -> str:
        return f"{self.project}/{self.env}"

    @property
    def history_key(self) -> str:
        return history.key_for(self.project, self.env, self.app)

    # The questions for the parts. Scores have LaunchDarkly's own period, and flag status is always current.

    @property
    def scores(self) -> ScoresParams:
        return ScoresParams(project=self.project, env=self.env, app=self.app)

    @property
    def changes(self) -> EventsParams:
        return self._events(self.covered.days, expand="experiments")

    def changes_of(self, flag: str) -> EventsParams:
        """All changes of a flag, of any impact."""
        return self._events(self.covered.days, flag=flag, impact="any")

    @property
    def previous_changes(self) -> EventsParams:
        return self._events(self.covered.previous, limit=1)

    @property
    def status(self) -> StatusParams:
        return StatusParams(project=self.project, env=self.env, app=self.app)

    @property
    def cleanup(self) -> CleanupParams:
        return CleanupParams(project=self.project, env=self.env, app=self.app)

    @property
    def deploys(self) -> DeploysParams:
        return self._deploys(*self.covered.days.absolute)

    @property
    def all_deploys(self) -> DeploysParams:
        """The deployments of the digest's days and of those before."""
        return self._deploys(self.covered.previous.absolute[0], self.covered.days.absolute[1])

    def _events(self, days: Days, **options: object) -> EventsParams:
        since, until = days.absolute
        values = {"project": self.project, "env": self.env, "app": self.app, "since": since, "until": until}
        return EventsParams.model_validate(values | options)

    def _deploys(self, since: str, until: str) -> DeploysParams:
        return DeploysParams(project=self.project, env=self.env, app=self.app, since=since, until=until)


@dataclass(frozen=True)
class Report:
    """The replies to all parts, or their failures; and the flags that were changed last, if they can be read."""

    scope: Scope
    scores: WithHistory[ScoresReply] | Failure
    changes: EventList | Failure
    previous_changes: EventsReply | Failure
    status: StatusReply | Failure
    cleanup: CleanupReply | Failure
    deploys: ChartReply | Failure
    flags: FlagsByKey

    @cached_property
    def known_scores(self) -> dict[str, Score]:
        """The scores that LaunchDarkly has calculated."""
        scores = {} if isinstance(self.scores, Failure) else self.scores.reply.scores
        return {key: score for key, score in scores.items() if score and score.indicator not in UNKNOWN_INDICATORS}

    @property
    def unread_failure(self) -> Failure | None:
        """Why later pages of changes couldn't be read."""
        return self.changes.failure if isinstance(self.changes, EventList) else None

    @property
    def status_chart(self) -> ChartReply | Failure:
        return self.status if isinstance(self.status, Failure) else self.status.chart

    @property
    def lacks_insights(self) -> bool:
        """Whether the plan or the token's role includes no engineering insights at all."""
        report = (self.scores, self.changes, self.deploys, self.status_chart)
        return all(isinstance(part, NotAllowed) for part in report)

    @property
    def change_count(self) -> int | None:
        return None if isinstance(self.changes, Failure) else self.changes.total

    @property
    def previous_change_count(self) -> int | None:
        return None if isinstance(self.previous_changes, Failure) else self.previous_changes.total

    @property
    def deploy_count(self) -> Number | None:
        """The number of deployments; None without any data, which isn't the same as 0."""
        return self._count_deploys(self.scope.covered.days)

    @property
    def previous_deploy_count(self) -> Number | None:
        return self._count_deploys(self.scope.covered.previous)

    def _count_deploys(self, days: Days) -> Number | None:
        counts: CountsByDay = {} if isinstance(self.deploys, Failure) else deploys_by_day(days, self.deploys)
        return sum(counts.values()) if counts else None

    def ready_flag_count(self, ctx: QuestionContext) -> int | None:
        """Return how many flags are ready to clean up; None if unknown."""
        if isinstance(self.cleanup, Failure):
            return None
        return select_flags(self.scope.cleanup, self.cleanup, ctx).ready_count

    @property
    def is_partial(self) -> bool:
        """Whether something is missing that a later attempt may return."""
        return any_transient(self.scores, self.changes, self.unread_failure, self.status, self.cleanup, self.deploys)

    @property
    def has_data(self) -> bool:
        """Whether any part has data, or may have."""
        return any(
            (
                isinstance(self.scores, Failure) or not has_no_scores(self.scores.reply),
                isinstance(self.changes, Failure) or bool(self.changes.events),
                isinstance(self.status, Failure) or not has_no_flags(self.status),
                isinstance(self.deploys, Failure) or not has_no_deploys(self.deploys),
            )
        )

    @property
    def is_significant(self) -> bool:
        """Whether there is anything to report; a missing part counts."""
        if any(isinstance(part, Failure) for part in (self.scores, self.changes, self.status_chart, self.deploys)):
            return True
        if self.change_count or self.unread_failure:
            return True
        return not isinstance(self.scores, Failure) and any(map(has_moved, self.scores.reply.scores.values()))

    def metrics(self, ctx: QuestionContext) -> Iterator[tuple[str, Number]]:
        """Yield the numbers that are known; a missing one is unknown, not zero."""
        if not isinstance(self.scores, Failure) and (score := overall_score(self.scores.reply)) is not None:
            yield history.OVERALL_SCORE, score
        if self.change_count is not None:
            yield history.LARGE_CHANGES, self.change_count
        if not isinstance(self.status, Failure) and (counts := chart_counts(self.status)):
            yield history.ALL_FLAGS, sum(flags for _, flags in counts)
            yield history.DONE_FLAGS, count_done(counts)
        if self.deploy_count is not None:
            yield history.DEPLOYMENTS, self.deploy_count
        if (ready := self.ready_flag_count(ctx)) is not None:
            yield history.READY_FLAGS, ready


def has_moved(score: Score | None) -> bool:
    """Return whether a score moved by enough points or into another band, including to or from "no data"."""
    if score is None:
        return False
    if score.last and score.last.indicator not in (None, score.indicator):
        return True
    return score.indicator not in UNKNOWN_INDICATORS and abs(score_change(score) or 0) >= MIN_SCORE_MOVE


async def fetch_report(scope: Scope, ctx: QuestionContext) -> Report:
    """Fetch all parts. If none can be loaded, raises the failure that the caller can act on best."""
    (scores, changes, previous_changes, deploys), (status, cleanup, flags) = await gather(
        gather(
            result_or_failure(SCORES.fetch(scope.scores, ctx)),
            result_or_failure(fetch_all(scope.changes, ctx, max_pages=MAX_EVENT_PAGES)),
            result_or_failure(fetch_page(scope.previous_changes, ctx)),
            result_or_failure(DEPLOYS.fetch(scope.all_deploys, ctx)),
        ),
        gather(
            result_or_failure(STATUS.fetch(scope.status, ctx)),
            result_or_failure(CLEANUP.fetch(scope.cleanup, ctx)),
            fetch_flags(scope.project, scope.env, ctx),
        ),
    )
    raise_if_all_failed(scores, changes, status, deploys)
    return Report(scope, scores, changes, previous_changes, status, cleanup, deploys, flags)
