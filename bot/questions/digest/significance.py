"""What is worth speaking about in a week, as far as LaunchDarkly tells it within one answer."""

from bot.errors import Failure
from bot.questions.digest.reply import DigestReply
from bot.questions.scores import UNKNOWN_INDICATORS, Score, ScoresReply, score_change

# Scores are whole points, and a leaf is a mean over a week: by one or two it moves with a single change.
MIN_SCORE_MOVE = 3


def is_significant(reply: DigestReply) -> bool:
    """Whether there is something to speak about; a part that is missing is."""
    if isinstance(reply.scores, Failure) or isinstance(reply.changes, Failure):
        return True
    if isinstance(reply.status, Failure) or isinstance(reply.deploys, Failure):
        return True
    return reply.changes.total > 0 or reply.changes.failure is not None or _any_score_moved(reply.scores)


def _any_score_moved(reply: ScoresReply) -> bool:
    """Whether any score moved so far that people should know."""
    return any(_has_moved(score) for score in reply.scores.values() if score)


def _has_moved(score: Score) -> bool:
    """By so many points, or into another band: also where it could not be calculated before, or cannot be any more."""
    if score.last and score.last.indicator not in (None, score.indicator):
        return True
    return score.indicator not in UNKNOWN_INDICATORS and abs(score_change(score) or 0) >= MIN_SCORE_MOVE
