"""Connections to SQLite that behave like PostgreSQL's. Nothing here knows the tables."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.database_url import DatabaseAddress

CACHE_KILOBYTES = 500  # of each connection; the system caches the file for all of them


def build_engine(address: DatabaseAddress, timeout: float, *, foreign_keys: bool) -> AsyncEngine:
    """Create an engine that begins its transactions explicitly.

    Python's sqlite3 begins none before DDL or SELECT, so its own handling is switched off.
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
    """
    engine = create_async_engine(address.url, connect_args=_connect_args(timeout), hide_parameters=True)

    _prepare_connections(engine.sync_engine, foreign_keys=foreign_keys)

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
        _prepare_connections(self._engine, foreign_keys=foreign_keys)

    async def execute(self, statement: Executable, values: Mapping[str, object]) -> tuple[Sequence[Row[Any]], int]:
        return await asyncio.to_thread(self._execute, statement, values)

    def _execute(self, statement: Executable, values: Mapping[str, object]) -> tuple[Sequence[Row[Any]], int]:
        with self._engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.all() if result.returns_rows else (), result.rowcount

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)


def _prepare_connections(engine: Engine, *, foreign_keys: bool) -> None:
    """SQLite enforces foreign keys, and caches less than two megabytes, only if each connection says so."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        cursor.execute(f"PRAGMA cache_size={-CACHE_KILOBYTES}")
        cursor.close()


def _connect_args(timeout: float) -> dict[str, Any]:
    """SQLite's timeout is a little shorter than ours, so that its own "locked" error arrives first."""
    return {"timeout": timeout * 0.8, "isolation_level": None}
