"""Which workspaces do not take charts: Slack gives them the blocks one after the other, so a refusal is believed for a
while, and then tried again.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from bot.store.connections import Connections
from bot.store.tables import WORKSPACES as TABLE
from bot.store.upsert import upsert

REFUSED = select(TABLE.c.charts_refused_at).where(TABLE.c.team == bindparam("team"))
BELIEVED = timedelta(days=7)


class Workspaces:
    """What is known of each workspace."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def refuses_charts(self, team: str, now: datetime) -> bool:
        """Whether a workspace has refused charts lately."""
        row = await self._connections.row(REFUSED, team=team)
        return row is not None and row[0] is not None and now < row[0] + BELIEVED

    async def remember_refusal(self, team: str, at: datetime) -> None:
        """A workspace has refused charts."""
        async with self._connections.writing() as connection:
            await upsert(connection, TABLE, team=team, charts_refused_at=at)
