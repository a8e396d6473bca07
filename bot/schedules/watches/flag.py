"""Watch a flag for being switched on or off, per environment."""

from datetime import datetime

from bot.questions.base import QuestionContext
from bot.questions.flag import QUESTION, FlagParams
from bot.schedules.watches.observation import Observation


async def observe(params: FlagParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return whether the flag is on, per environment."""
    view = QUESTION.build_view(params, await QUESTION.fetch(params, ctx), ctx)
    line = QUESTION.line(dict(params))
    return {
        environment.name: Observation(
            what=f"{view.name} in {environment.name}",
            state="on" if environment.on else "off",
            says="on" if environment.on else "off",
            url=view.url,
            line=line,
        )
        for environment in view.environments
    }
