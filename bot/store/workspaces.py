"""Which workspaces do not take charts: Slack gives them the blocks one after the other, so a refusal is believed for a
while, and then tried again.
"""

from datetime import datetime

from sqlalchemy import bindparam, select

from bot.store.database import Connections
from bot.store.tables import WORKSPACES as TABLE
from bot.store.upsert import upsert

REFUSED = select(TABLE.c.charts_refused_at).where(TABLE.c.team == bindparam("team"))


class Workspaces:
    """What is known of each workspace."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def refused_charts(self, team: str, since: datetime) -> bool:
        """Whether a workspace has refused charts since then."""
        row = await self._connections.row(REFUSED, team=team)
        return row is not None and row[0] is not None and since < row[0]

    async def remember_refusal(self, team: str, at: datetime) -> None:
        """A workspace has refused charts."""
        async with self._connections.writing() as connection:
            await upsert(connection, TABLE, team=team, charts_refused_at=at)
