"""What Slack has sent, so that a payload that comes twice is worked on once, whichever process hears it."""

from datetime import datetime

from sqlalchemy import delete

from bot.store.connections import Connections
from bot.store.tables import PAYLOADS as TABLE
from bot.store.upsert import add


class Payloads:
    """The payloads of the last while, by what no two of them share."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def record(self, key: str, at: datetime) -> bool:
        """Record a payload, and tell whether it is the first of its key."""
        async with self._connections.writing() as connection:
            return await add(connection, TABLE, key=key, heard_at=at)

    async def forget(self, before: datetime) -> None:
        """Delete what is so old that Slack does not repeat it, and that nobody can replay it."""
        await self._connections.write(delete(TABLE).where(TABLE.c.heard_at < before))
