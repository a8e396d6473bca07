"""What is kept of a digest for the weeks that follow: its numbers, and whether there was something to speak about."""

from collections.abc import Iterator

from bot.errors import Failure
from bot.launchdarkly import Number
from bot.questions import history
from bot.questions.base import Ask
from bot.questions.daily_series import deployed
from bot.questions.day_range import Days
from bot.questions.digest.reply import DigestReply
from bot.questions.digest.significance import material
from bot.questions.scores import overall
from bot.questions.status import counted, finished
from bot.store import Snapshot


def snapshot(place: str, reply: DigestReply, ask: Ask) -> Snapshot:
    """All that it counted: nobody can ask LaunchDarkly for it later."""
    return Snapshot(place, ask.today, dict(_numbers(reply, ask)), material(reply))


def worth_a_look(reply: DigestReply) -> Number | None:
    """How many flags are launched or inactive, where any are counted at all."""
    counts = [] if isinstance(reply.status, Failure) else counted(reply.status)
    return finished(counts) if counts else None


def _numbers(reply: DigestReply, ask: Ask) -> Iterator[tuple[str, Number]]:
    """Those that are known: what is missing is not nothing."""
    if not isinstance(reply.scores, Failure) and (score := overall(reply.scores)) is not None:
        yield history.OVERALL, score
    if not isinstance(reply.changes, Failure):
        yield history.CHANGES, reply.changes.total
    if not isinstance(reply.status, Failure) and (counts := counted(reply.status)):
        yield history.FLAGS, sum(flags for _, flags in counts)
        yield history.DONE, finished(counts)
    if not isinstance(reply.deploys, Failure):
        days = deployed(Days.before(ask.now, ask.zone), reply.deploys)
        yield from [(history.DEPLOYMENTS, sum(days.values()))] if days else []
