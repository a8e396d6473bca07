"""Which workspaces don't support charts. Slack rolls the blocks out gradually, so a refusal counts for a while only."""

from datetime import datetime

from sqlalchemy import bindparam, select

from bot.store.database import Database
from bot.store.statements import upsert
from bot.store.tables import WORKSPACES as TABLE

SELECT_CHARTS_REFUSED_AT = select(TABLE.c.charts_refused_at).where(TABLE.c.team == bindparam("team"))


class Workspaces:
    """What the bot remembers about each workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def charts_unsupported(self, team: str, since: datetime) -> bool:
        """Return whether a workspace has refused charts since then."""
        row = await self._database.fetch_one(SELECT_CHARTS_REFUSED_AT, team=team)
        return row is not None and row[0] is not None and since < row[0]

    async def record_charts_refusal(self, team: str, at: datetime) -> None:
        """Record that a workspace has refused charts."""
        async with self._database.transaction() as connection:
            await upsert(connection, TABLE, team=team, charts_refused_at=at)
