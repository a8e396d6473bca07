"""The message of each schedule in its channel, and the last short one that was posted below it."""

from dataclasses import asdict

from sqlalchemy import bindparam, select

from bot.store.database import Database, upsert
from bot.store.models import Announcement
from bot.store.tables import ANNOUNCEMENTS

COLUMNS = [ANNOUNCEMENTS.c[name] for name in Announcement.__slots__]
SELECT_ANNOUNCEMENT = select(*COLUMNS).where(ANNOUNCEMENTS.c.schedule == bindparam("of"))


class Announcements:
    """The announcements of all schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, schedule_id: str) -> Announcement | None:
        """Return a schedule's announcement, if it was posted."""
        row = await self._database.fetch_one(SELECT_ANNOUNCEMENT, of=schedule_id)
        return Announcement(*row) if row else None

    async def put(self, announcement: Announcement) -> None:
        """Save a schedule's announcement."""
        async with self._database.transaction() as connection:
            await upsert(connection, ANNOUNCEMENTS, **asdict(announcement))
