"""The last heartbeat of each worker that works, or did until it was lost.

Clocks differ, so nobody compares a heartbeat's time with another clock's; what counts is that it changes.
"""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from bot.store.database import Database, upsert
from bot.store.tables import HEARTBEATS as TABLE

THIS_WORKER = (TABLE.c.team == bindparam("of"), TABLE.c.worker == bindparam("who"))
THIS_HEARTBEAT = (*THIS_WORKER, TABLE.c.beat_at == bindparam("seen"))
RECORD = update(TABLE).where(*THIS_WORKER).values(beat_at=bindparam("at"))
CLAIM = update(TABLE).where(*THIS_HEARTBEAT).values(beat_at=bindparam("at"))
DELETE = delete(TABLE).where(*THIS_HEARTBEAT)
SELECT_OTHERS = select(TABLE.c.worker, TABLE.c.beat_at).where(
    TABLE.c.team == bindparam("of"), TABLE.c.worker != bindparam("who")
)


class Heartbeats:
    """The heartbeats of all workers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, team: str, worker: str, at: datetime) -> None:
        """Store a worker's heartbeat."""
        if not (await self._database.execute(RECORD, of=team, who=worker, at=at)).rowcount:
            async with self._database.transaction() as connection:
                await upsert(connection, TABLE, team=team, worker=worker, beat_at=at)

    async def list_others(self, team: str, worker: str) -> dict[str, datetime]:
        """Return the time of each other worker's last heartbeat."""
        return {row[0]: row[1] for row in await self._database.fetch_all(SELECT_OTHERS, of=team, who=worker)}

    async def claim(self, team: str, worker: str, seen: datetime, at: datetime) -> bool:
        """Replace a lost worker's last heartbeat; return False if there is another one since, or another claim."""
        return bool((await self._database.execute(CLAIM, of=team, who=worker, seen=seen, at=at)).rowcount)

    async def remove(self, team: str, worker: str, seen: datetime) -> None:
        """Remove a worker's heartbeat, unless there is another one since."""
        await self._database.execute(DELETE, of=team, who=worker, seen=seen)
