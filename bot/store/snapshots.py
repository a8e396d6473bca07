"""Metrics of a project and environment, one row for each day on which an answer was delivered, and each span."""

from datetime import date

from sqlalchemy import bindparam, delete, select

from bot.store.database import Database, add
from bot.store.models import Snapshot
from bot.store.tables import SNAPSHOTS as TABLE

COLUMNS = [TABLE.c[name] for name in Snapshot.__slots__]
SELECT_SINCE = (
    select(*COLUMNS)
    .where(TABLE.c.team == bindparam("team"), TABLE.c.place == bindparam("place"), TABLE.c.day >= bindparam("since"))
    .order_by(TABLE.c.day.desc(), TABLE.c.span)
)


class Snapshots:
    """The snapshots of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, team: str, snapshot: Snapshot) -> None:
        """Save a snapshot, unless the day has one of its span already: several channels may get the same answer."""
        row = {column.name: getattr(snapshot, column.name) for column in COLUMNS}
        async with self._database.transaction() as connection:
            await add(connection, TABLE, team=team, **row)

    async def list_since(self, team: str, project_env: str, since: date) -> list[Snapshot]:
        """Return the snapshots of all spans from that day on, latest first."""
        return [
            Snapshot(*row)
            for row in await self._database.fetch_all(SELECT_SINCE, team=team, place=project_env, since=since)
        ]

    async def prune(self, before: date) -> None:
        """Delete snapshots from before that day."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(TABLE).where(TABLE.c.day < before))
