"""Connections to SQLite that behave like PostgreSQL's, and a lock on the file. Nothing here knows the tables."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import Misconfigured
from bot.store.database_url import DatabaseAddress
from bot.store.errors import database_errors

log = logging.getLogger(__name__)

STOP_OTHER_PROCESS = "Stop that process first, or use PostgreSQL to run several."


def build_engine(address: DatabaseAddress, timeout: float, *, foreign_keys: bool) -> AsyncEngine:
    """Create an engine that begins its transactions explicitly.

    Python's sqlite3 begins none before DDL or SELECT, so its own handling is switched off.
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
    """
    engine = create_async_engine(address.url, connect_args=_connect_args(timeout), hide_parameters=True)

    _set_foreign_keys(engine.sync_engine, foreign_keys=foreign_keys)

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        """Take the write lock at once. A transaction that began by reading can't wait for it later; it would fail."""
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class SqliteStatementRunner:
    """Run single statements, each with one hop to a thread. aiosqlite hops for each of nine steps, which costs five
    times as much."""

    def __init__(self, address: DatabaseAddress, timeout: float, *, foreign_keys: bool) -> None:
        url = address.url.set(drivername="sqlite")
        self._engine = create_engine(url, connect_args=_connect_args(timeout), hide_parameters=True)
        _set_foreign_keys(self._engine, foreign_keys=foreign_keys)

    async def execute(self, statement: Executable, values: Mapping[str, object]) -> tuple[Sequence[Row[Any]], int]:
        return await asyncio.to_thread(self._execute, statement, values)

    def _execute(self, statement: Executable, values: Mapping[str, object]) -> tuple[Sequence[Row[Any]], int]:
        with self._engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.all() if result.returns_rows else (), result.rowcount

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)


def _set_foreign_keys(engine: Engine, *, foreign_keys: bool) -> None:
    """SQLite enforces foreign keys only if each connection says so."""

    @event.listens_for(engine, "connect")
    def set_pragma(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        cursor.close()


def _connect_args(timeout: float) -> dict[str, Any]:
    """SQLite's timeout is a little shorter than ours, so that its own "locked" error arrives first."""
    return {"timeout": timeout * 0.8, "isolation_level": None}


async def enable_wal(file: Path, timeout_seconds: float) -> None:
    """Switch a *file* to write-ahead logging permanently, so that readers and writers don't block each other.

    This is also the first code to open the file. If that fails, it leaves nothing behind.
    """
    with database_errors():
        async with asyncio.timeout(timeout_seconds):
            while not await asyncio.to_thread(_try_enable_wal, file):  # noqa: ASYNC110 - another process sets no Event of ours
                await asyncio.sleep(0.01)


def _try_enable_wal(file: Path) -> bool:
    """Return False if another connection is active: here SQLite ignores its timeout (`pagerExclusiveLock`, pager.c)."""
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


@asynccontextmanager
async def process_lock(address: DatabaseAddress, timeout_seconds: float) -> AsyncIterator[None]:
    """Let one process at a time work on the schedules of a SQLite file; wait *timeout_seconds* for another one to end.

    The lock is SQLite's own, on an empty file beside the database: the kernel releases it however the process ends, and
    it works wherever SQLite does. On PostgreSQL nothing is locked, as its processes share the work.
    """
    if not address.is_file:
        yield
        return
    file = address.file.resolve()
    lock_file = file.with_name(f"{file.name}.lock")
    connection = await asyncio.to_thread(_acquire_lock, lock_file, 0)
    if connection is None:
        log.info("waiting for another process to end", extra={"facts": {"database": str(address.file)}})
        connection = await asyncio.to_thread(_acquire_lock, lock_file, timeout_seconds)
    if connection is None:
        raise Misconfigured(f"Another process is already running the bot on {address.file}.", STOP_OTHER_PROCESS)
    with closing(connection):
        yield


def _acquire_lock(file: Path, timeout: float) -> sqlite3.Connection | None:
    """Return a connection that holds the lock, or None if another process does."""
    with database_errors():
        connection = sqlite3.connect(file, timeout=timeout, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return None
        return connection
