"""Watch deployments for changes of their LaunchDarkly rating."""

from datetime import datetime

from bot.questions.base import QuestionContext
from bot.questions.deploys import QUESTION, DeploysParams
from bot.schedules.watches.observation import Observation


async def observe(params: DeploysParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return the rating of each deployment metric."""
    rated = params.model_copy(update={"expand": "metrics"})
    view = QUESTION.build_view(rated, await QUESTION.fetch(rated, ctx), ctx)
    line = QUESTION.line(dict(params))
    return {
        metric.name: Observation(
            what=metric.name,
            state=metric.rating,
            says=f"{metric.rating} ({metric.value})" if metric.value else metric.rating,
            url=view.url,
            line=line,
        )
        for metric in view.metrics
    }
