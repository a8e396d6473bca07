"""Scores are watched for their bands: a point more or less is no news."""

from datetime import datetime

from bot.questions.base import Ask
from bot.questions.scores import ENDPOINT, ScoresQuery
from bot.schedules.watches.observation import Sight


async def see(query: ScoresQuery, ask: Ask, _: datetime) -> dict[str, Sight]:
    view = ENDPOINT.show(query, await ENDPOINT.fetch(query, ask), ask)
    line = ENDPOINT.line(dict(query))
    return {
        score.name: Sight(
            what=score.name, state=score.rating, says=f"{score.rating} {score.score}".strip(), url=view.url, line=line
        )
        for score in view.scores
    }
