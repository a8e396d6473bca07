"""What Slack has sent, so that a payload that comes twice is worked on once, whichever process hears it."""

from datetime import datetime

from sqlalchemy import String, bindparam, delete, text

from bot.store.database import Database
from bot.store.tables import PAYLOADS as TABLE
from bot.store.tables import UtcDateTime

# Both databases understand this, and a single statement costs a fifth of a transaction.
INSERT_NEW = text(
    "INSERT INTO payloads (key, heard_at) VALUES (:of, :at) ON CONFLICT DO NOTHING RETURNING key"
).bindparams(bindparam("of", type_=String), bindparam("at", type_=UtcDateTime))


class Payloads:
    """The payloads of the last while, by what no two of them share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, key: str, at: datetime) -> bool:
        """Record a payload, and tell whether it is the first of its key."""
        return bool((await self._database.execute(INSERT_NEW, of=key, at=at)).rows)

    async def prune(self, before: datetime) -> None:
        """Delete what is so old that Slack does not repeat it, and that nobody can replay it."""
        await self._database.execute(delete(TABLE).where(TABLE.c.heard_at < before))
