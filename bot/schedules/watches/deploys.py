"""Deployments are watched for their tier, as LaunchDarkly rates them."""

from datetime import datetime

from bot.questions.base import Ask
from bot.questions.deploys import ENDPOINT, DeploysQuery
from bot.schedules.watches.observation import Sight


async def see(query: DeploysQuery, ask: Ask, _: datetime) -> dict[str, Sight]:
    rated = query.model_copy(update={"expand": "metrics"})
    view = ENDPOINT.show(rated, await ENDPOINT.fetch(rated, ask), ask)
    line = ENDPOINT.line(dict(query))
    return {
        metric.name: Sight(
            what=metric.name,
            state=metric.rating,
            says=f"{metric.rating} ({metric.value})" if metric.value else metric.rating,
            url=view.url,
            line=line,
        )
        for metric in view.metrics
    }
