"""Watch scores for changes of their rating; a point more or less is not a change."""

from datetime import datetime

from bot.questions.base import QuestionContext
from bot.questions.scores import QUESTION, ScoresParams
from bot.schedules.watches.observation import Observation


async def observe(params: ScoresParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return the rating of each score."""
    view = QUESTION.build_view(params, await QUESTION.fetch(params, ctx), ctx)
    line = QUESTION.line(dict(params))
    return {
        score.name: Observation(
            what=score.name, state=score.rating, says=f"{score.rating} {score.score}".strip(), url=view.url, line=line
        )
        for score in view.scores
    }
