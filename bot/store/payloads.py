"""Deduplicate Slack's payloads across all processes."""

from datetime import datetime

from sqlalchemy import String, bindparam, delete, text

from bot.store.database import Database
from bot.store.tables import PAYLOADS as TABLE
from bot.store.tables import UtcDateTime

# Both databases accept this, and a single statement costs a fifth of a transaction.
INSERT_NEW = text(
    "INSERT INTO payloads (key, heard_at) VALUES (:of, :at) ON CONFLICT DO NOTHING RETURNING key"
).bindparams(bindparam("of", type_=String), bindparam("at", type_=UtcDateTime))


class Payloads:
    """The keys of recent payloads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, key: str, at: datetime) -> bool:
        """Record a payload; return whether it is the first with its key."""
        return bool((await self._database.execute(INSERT_NEW, of=key, at=at)).rows)

    async def prune(self, before: datetime) -> None:
        """Delete keys that are too old for Slack to retry or for anybody to replay."""
        await self._database.execute(delete(TABLE).where(TABLE.c.heard_at < before))
