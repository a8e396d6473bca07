"""What is kept of a digest for the weeks that follow: its numbers, and whether there was something to speak about."""

from collections.abc import Iterator

from bot.endpoints import _past
from bot.endpoints._daily import deployed
from bot.endpoints._days import Days
from bot.endpoints._endpoint import Ask
from bot.endpoints.digest.material import material
from bot.endpoints.digest.reply import DigestReply
from bot.endpoints.scores import overall
from bot.endpoints.status import counted, finished
from bot.errors import Failure
from bot.launchdarkly import Number
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
        yield _past.OVERALL, score
    if not isinstance(reply.changes, Failure):
        yield _past.CHANGES, reply.changes.total
    if not isinstance(reply.status, Failure) and (counts := counted(reply.status)):
        yield _past.FLAGS, sum(flags for _, flags in counts)
        yield _past.DONE, finished(counts)
    if not isinstance(reply.deploys, Failure):
        days = deployed(Days.before(ask.now, ask.zone), reply.deploys)
        yield from [(_past.DEPLOYMENTS, sum(days.values()))] if days else []
