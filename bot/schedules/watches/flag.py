"""A flag is watched for being switched, environment by environment."""

from datetime import datetime

from bot.questions.base import Ask
from bot.questions.flag import ENDPOINT, FlagQuery
from bot.schedules.watches.observation import Sight


async def see(query: FlagQuery, ask: Ask, _: datetime) -> dict[str, Sight]:
    view = ENDPOINT.show(query, await ENDPOINT.fetch(query, ask), ask)
    line = ENDPOINT.line(dict(query))
    return {
        environment.name: Sight(
            what=f"{view.name} in {environment.name}",
            state="on" if environment.on else "off",
            says="on" if environment.on else "off",
            url=view.url,
            line=line,
        )
        for environment in view.environments
    }
