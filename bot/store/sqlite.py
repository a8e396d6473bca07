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

from bot.store.database_url import DatabaseAddress
from bot.store.errors import translate_errors
from bot.store.result import StatementResult


def build_engine(address: DatabaseAddress, timeout: float, *, foreign_keys: bool) -> AsyncEngine:
    """Python's sqlite3 begins no transaction before DDL or SELECT: it is told to begin none, and we do.
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
    """
    engine = create_async_engine(address.url, connect_args=_connect_args(timeout), hide_parameters=True)

    _set_foreign_keys(engine.sync_engine, foreign_keys=foreign_keys)

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        """A transaction that began by reading cannot wait for its turn to write any more: it fails at once."""
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class SqliteStatementRunner:
    """Single statements. Each is one turn of a thread: aiosqlite takes one for each step of it, nine in all, which
    costs five times as much."""

    def __init__(self, address: DatabaseAddress, timeout: float, *, foreign_keys: bool) -> None:
        url = address.url.set(drivername="sqlite")
        self._engine = create_engine(url, connect_args=_connect_args(timeout), hide_parameters=True)
        _set_foreign_keys(self._engine, foreign_keys=foreign_keys)

    async def execute(self, statement: Executable, values: Mapping[str, object]) -> StatementResult:
        return await asyncio.to_thread(self._execute, statement, values)

    def _execute(self, statement: Executable, values: Mapping[str, object]) -> StatementResult:
        with self._engine.connect() as connection:
            return StatementResult.from_cursor(connection.execute(statement, values))

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)


def _set_foreign_keys(engine: Engine, *, foreign_keys: bool) -> None:
    """SQLite looks after them only where it is told to, on each connection."""

    @event.listens_for(engine, "connect")
    def set_pragma(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        cursor.close()


def _connect_args(timeout: float) -> dict[str, Any]:
    """It waits a little less than we do, so that SQLite is the one who says that it is locked."""
    return {"timeout": timeout * 0.8, "isolation_level": None}


async def enable_wal(file: Path, timeout_seconds: float) -> None:
    """Switch a *file* to write-ahead logging, for ever: who reads and who writes do not wait for each other.

    It is also the first that opens the file, and leaves nothing behind where that fails.
    """
    with translate_errors():
        async with asyncio.timeout(timeout_seconds):
            while not await asyncio.to_thread(_try_enable_wal, file):  # noqa: ASYNC110 - another process sets no Event of ours
                await asyncio.sleep(0.01)


def _try_enable_wal(file: Path) -> bool:
    """False where others are at it: for them alone SQLite does not wait (`pagerExclusiveLock` in its pager.c)."""
    connection = sqlite3.connect(file, timeout=0)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        connection.close()
    return True
