"""The replies to all parts of a digest, whether they are worth reporting, and the metrics to store for later weeks."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.errors import Failure
from bot.launchdarkly import Number
from bot.questions import history
from bot.questions.base import QuestionContext
from bot.questions.chart import ChartReply
from bot.questions.daily_series import deploys_by_day
from bot.questions.day_range import Days
from bot.questions.events import EventList
from bot.questions.history import WithHistory
from bot.questions.scores import UNKNOWN_INDICATORS, Score, ScoresReply, overall_score, score_change
from bot.questions.status import StatusReply, count_done, flag_counts
from bot.store import Snapshot

# Scores are whole points, and a leaf is a mean over a week: a single change can move it by one or two.
MIN_SCORE_MOVE = 3


@dataclass(frozen=True)
class DigestReply:
    """The replies to all parts, or their failures."""

    scores: WithHistory[ScoresReply] | Failure
    changes: EventList | Failure
    status: StatusReply | Failure
    deploys: ChartReply | Failure


def is_significant(reply: DigestReply) -> bool:
    """Return whether there is anything to report; a missing part counts."""
    if isinstance(reply.scores, Failure) or isinstance(reply.changes, Failure):
        return True
    if isinstance(reply.status, Failure) or isinstance(reply.deploys, Failure):
        return True
    return reply.changes.total > 0 or reply.changes.failure is not None or _any_score_moved(reply.scores.reply)


def _any_score_moved(reply: ScoresReply) -> bool:
    return any(_has_moved(score) for score in reply.scores.values() if score)


def _has_moved(score: Score) -> bool:
    """Return whether a score moved by enough points or changed its indicator, including to or from "not calculated"."""
    if score.last and score.last.indicator not in (None, score.indicator):
        return True
    return score.indicator not in UNKNOWN_INDICATORS and abs(score_change(score) or 0) >= MIN_SCORE_MOVE


def take_snapshot(key: str, reply: DigestReply, ctx: QuestionContext) -> Snapshot:
    """Build the snapshot with all metrics, since LaunchDarkly can't report them for past weeks."""
    return Snapshot(key, ctx.today, dict(_metrics(reply, ctx)), is_significant(reply))


def count_done_flags(reply: DigestReply) -> Number | None:
    """Count the launched or inactive flags, or return None if there is no data."""
    counts = [] if isinstance(reply.status, Failure) else flag_counts(reply.status.reply)
    return count_done(counts) if counts else None


def _metrics(reply: DigestReply, ctx: QuestionContext) -> Iterator[tuple[str, Number]]:
    """Yield the known metrics; a missing one is unknown, not zero."""
    if not isinstance(reply.scores, Failure) and (score := overall_score(reply.scores.reply)) is not None:
        yield history.OVERALL_SCORE, score
    if not isinstance(reply.changes, Failure):
        yield history.LARGE_CHANGES, reply.changes.total
    if not isinstance(reply.status, Failure) and (counts := flag_counts(reply.status.reply)):
        yield history.ALL_FLAGS, sum(flags for _, flags in counts)
        yield history.DONE_FLAGS, count_done(counts)
    if not isinstance(reply.deploys, Failure):
        days = deploys_by_day(Days.last_full(ctx.now, ctx.zone), reply.deploys)
        yield from [(history.DEPLOYMENTS, sum(days.values()))] if days else []
