"""What is worth speaking about in a week, as far as LaunchDarkly tells it within one answer."""

from bot.endpoints.scores import UNKNOWN, Score, ScoresReply, difference

# Scores are whole points, and a leaf is a mean over a week: by one or two it moves with a single change.
MOVES = 3


def moved(reply: ScoresReply) -> bool:
    """Whether any score moved so far that people should know."""
    return any(_moved(score) for score in reply.scores.values() if score)


def _moved(score: Score) -> bool:
    """By so many points, or into another band: also where it could not be calculated before, or cannot be any more."""
    if score.last is not None and score.last.indicator != score.indicator:
        return True
    return score.indicator not in UNKNOWN and abs(difference(score) or 0) >= MOVES
