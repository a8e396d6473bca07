"""Flag status is watched for the number of flags in each status."""

from datetime import datetime

from bot.questions.base import Ask
from bot.questions.status import ENDPOINT, StatusQuery
from bot.schedules.watches.observation import Sight


async def see(query: StatusQuery, ask: Ask, _: datetime) -> dict[str, Sight]:
    view = ENDPOINT.show(query, await ENDPOINT.fetch(query, ask), ask)
    line = ENDPOINT.line(dict(query))
    return {
        row.name: Sight(
            what=f"Flags {row.name.lower()}", state=str(row.flags), says=f"{row.flags:,}", url=view.url, line=line
        )
        for row in view.rows
    }
