"""Significance: whether a week has anything to report, judged from one reply."""

from bot.errors import Failure
from bot.questions.digest.reply import DigestReply
from bot.questions.scores import UNKNOWN_INDICATORS, Score, ScoresReply, score_change

# Scores are whole points, and a leaf is a mean over a week: a single change can move it by one or two.
MIN_SCORE_MOVE = 3


def is_significant(reply: DigestReply) -> bool:
    """Return whether there is anything to report; a missing part counts."""
    if isinstance(reply.scores, Failure) or isinstance(reply.changes, Failure):
        return True
    if isinstance(reply.status, Failure) or isinstance(reply.deploys, Failure):
        return True
    return reply.changes.total > 0 or reply.changes.failure is not None or _any_score_moved(reply.scores)


def _any_score_moved(reply: ScoresReply) -> bool:
    return any(_has_moved(score) for score in reply.scores.values() if score)


def _has_moved(score: Score) -> bool:
    """Return whether a score moved by enough points or changed its indicator, including to or from "not calculated"."""
    if score.last and score.last.indicator not in (None, score.indicator):
        return True
    return score.indicator not in UNKNOWN_INDICATORS and abs(score_change(score) or 0) >= MIN_SCORE_MOVE
