"""Check whether the database takes writes: a full disk can still be read.

The probe adds a row and deletes it in one transaction, so nobody ever sees it, and the next one uses its space again.
"""

import asyncio
import secrets
from datetime import UTC, datetime

from sqlalchemy import delete, insert

from bot.errors import TryLater
from bot.store.database import Database
from bot.store.errors import is_busy
from bot.store.tables import CHANNEL_DEFAULTS as TABLE

INTERVAL_SECONDS = 10.0
PROBE_BYTES = 16_384  # more than a page, so that a full database has no room for it
EPOCH = datetime.fromtimestamp(0, UTC)


class WriteProbe:
    """Writes at most once per interval, however many callers there are."""

    def __init__(self, database: Database, interval: float = INTERVAL_SECONDS) -> None:
        self._database = database
        self._interval = interval
        self._lock = asyncio.Lock()
        self._next_probe_at = 0.0
        self._succeeded = True

    async def succeeds(self, timeout_seconds: float) -> bool:
        """Return whether a write succeeds, or did within the interval. A busy database will take it later."""
        clock = asyncio.get_running_loop().time
        async with self._lock:
            if clock() >= self._next_probe_at:
                self._succeeded = await self._probe(timeout_seconds)
                self._next_probe_at = clock() + self._interval
            return self._succeeded

    async def _probe(self, timeout_seconds: float) -> bool:
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._write()
        except TimeoutError:
            return True
        except TryLater as failure:
            return is_busy(failure)
        return True

    async def _write(self) -> None:
        key = secrets.token_hex(16)
        filler = {"probe": secrets.token_hex(PROBE_BYTES // 2)}
        row = {"team": "", "channel": key, "given": filler, "changed_by": "", "changed_at": EPOCH}
        async with self._database.transaction() as connection:
            await connection.execute(insert(TABLE).values(row))
            await connection.execute(delete(TABLE).where(TABLE.c.team == "", TABLE.c.channel == key))
