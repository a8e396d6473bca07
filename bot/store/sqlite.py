"""What SQLite needs, so that it does what PostgreSQL does by itself. It knows no table."""

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.database_url import Address
from bot.store.errors import explained
from bot.store.result import Done


def engine(address: Address, patience: float, *, foreign_keys: bool) -> AsyncEngine:
    """Python's sqlite3 begins no transaction before DDL or SELECT: it is told to begin none, and we do.
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
    """
    made = create_async_engine(address.url, connect_args=_options(patience), hide_parameters=True)

    _keep_foreign_keys(made.sync_engine, foreign_keys=foreign_keys)

    @event.listens_for(made.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        """A transaction that began by reading cannot wait for its turn to write any more: it fails at once."""
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


class Single:
    """Single statements. Each is one turn of a thread: aiosqlite takes one for each step of it, nine in all, which
    costs five times as much."""

    def __init__(self, address: Address, patience: float, *, foreign_keys: bool) -> None:
        url = address.url.set(drivername="sqlite")
        self._engine = create_engine(url, connect_args=_options(patience), hide_parameters=True)
        _keep_foreign_keys(self._engine, foreign_keys=foreign_keys)

    async def run(self, statement: Executable, values: Mapping[str, object]) -> Done:
        return await asyncio.to_thread(self._run, statement, values)

    def _run(self, statement: Executable, values: Mapping[str, object]) -> Done:
        with self._engine.connect() as connection:
            return Done.of(connection.execute(statement, values))

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)


def _keep_foreign_keys(engine: Engine, *, foreign_keys: bool) -> None:
    """SQLite looks after them only where it is told to, on each connection."""

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        cursor.close()


def _options(patience: float) -> dict[str, Any]:
    """It waits a little less than we do, so that SQLite is the one who says that it is locked."""
    return {"timeout": patience * 0.8, "isolation_level": None}


async def write_ahead(file: Path, patience: float) -> None:
    """Switch a *file* to write-ahead logging, for ever: who reads and who writes do not wait for each other.

    It is also the first that opens the file, and leaves nothing behind where that fails.
    """
    with explained():
        async with asyncio.timeout(patience):
            while not await asyncio.to_thread(_switched, file):  # noqa: ASYNC110 - another process sets no Event of ours
                await asyncio.sleep(0.01)


def _switched(file: Path) -> bool:
    """False where others are at it: for them alone SQLite does not wait (`pagerExclusiveLock` in its pager.c)."""
    connection = sqlite3.connect(file, timeout=0)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as wrong:
        if wrong.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        connection.close()
    return True
