"""Snapshot of a digest: its metrics and significance, stored for comparison in later weeks."""

from collections.abc import Iterator

from bot.errors import Failure
from bot.launchdarkly import Number
from bot.questions import history
from bot.questions.base import QuestionContext
from bot.questions.daily_series import deploys_by_day
from bot.questions.day_range import Days
from bot.questions.digest.reply import DigestReply
from bot.questions.digest.significance import is_significant
from bot.questions.scores import overall_score
from bot.questions.status import count_done, flag_counts
from bot.store import Snapshot


def take_snapshot(key: str, reply: DigestReply, ctx: QuestionContext) -> Snapshot:
    """Build the snapshot with all metrics, since LaunchDarkly can't report them for past weeks."""
    return Snapshot(key, ctx.today, dict(_metrics(reply, ctx)), is_significant(reply))


def count_done_flags(reply: DigestReply) -> Number | None:
    """Count the launched or inactive flags, or return None if there is no data."""
    counts = [] if isinstance(reply.status, Failure) else flag_counts(reply.status)
    return count_done(counts) if counts else None


def _metrics(reply: DigestReply, ctx: QuestionContext) -> Iterator[tuple[str, Number]]:
    """Yield the known metrics; a missing one is unknown, not zero."""
    if not isinstance(reply.scores, Failure) and (score := overall_score(reply.scores)) is not None:
        yield history.OVERALL_SCORE, score
    if not isinstance(reply.changes, Failure):
        yield history.LARGE_CHANGES, reply.changes.total
    if not isinstance(reply.status, Failure) and (counts := flag_counts(reply.status)):
        yield history.ALL_FLAGS, sum(flags for _, flags in counts)
        yield history.DONE_FLAGS, count_done(counts)
    if not isinstance(reply.deploys, Failure):
        days = deploys_by_day(Days.last_full(ctx.now, ctx.zone), reply.deploys)
        yield from [(history.DEPLOYMENTS, sum(days.values()))] if days else []
