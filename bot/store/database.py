"""Run statements and transactions with a timeout, and INSERT … ON CONFLICT. Nothing here knows the tables."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Executable, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import postgresql, sqlite
from bot.store.database_url import DatabaseAddress
from bot.store.errors import database_errors

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql as postgresql_dialect
    from sqlalchemy.dialects import sqlite as sqlite_dialect


class StatementResult(NamedTuple):
    """The rows that a statement returned, and how many it changed."""

    rows: Sequence[Sequence[Any]]
    rowcount: int


class Database:
    """The connections of one process to its database. No transaction lasts longer than *timeout* seconds."""

    def __init__(self, address: DatabaseAddress, timeout: float, *, foreign_keys: bool = True) -> None:
        self._timeout = timeout
        self._engine = (
            sqlite.build_engine(address, timeout, foreign_keys=foreign_keys)
            if address.is_file
            else postgresql.build_engine(address)
        )
        self._runner = (
            sqlite.SqliteStatementRunner(address, timeout, foreign_keys=foreign_keys)
            if address.is_file
            else postgresql.PostgresqlStatementRunner(address)
        )
        self._write_engine = self._engine.execution_options(writes=True)
        # SQLite allows one write at a time and makes the others poll; 200 writes in a queue finish five times as fast.
        self._write_lock = asyncio.Lock() if address.is_file else nullcontext()

    async def fetch_one(self, statement: Executable, **values: object) -> Sequence[Any] | None:
        """Return the first row of a statement, or None."""
        return next(iter(await self.fetch_all(statement, **values)), None)

    async def fetch_all(self, statement: Executable, **values: object) -> Sequence[Sequence[Any]]:
        """Return the rows of a single statement, without the cost of a transaction."""
        with database_errors():
            async with asyncio.timeout(self._timeout):
                return (await self._runner.execute(statement, values))[0]

    async def execute(self, statement: Executable, **values: object) -> StatementResult:
        """Run a single statement that writes. It commits by itself, which is faster than a transaction of one."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._write_lock:
                return StatementResult(*await self._runner.execute(statement, values))

    @asynccontextmanager
    async def read_transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may write; it commits when the block ends, and rolls back on an exception."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._write_lock, self._write_engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        await self._runner.close()
        await self._engine.dispose()


async def upsert(connection: AsyncConnection, table: Table, **row: Any) -> None:
    """Insert a *row*, or update these columns of the row that has its key."""
    insert = _insert(connection, table).values(row)
    keys = table.primary_key.columns.keys()
    changes = {name: insert.excluded[name] for name in row if name not in keys}
    await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changes))


async def add_all(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert *rows* with the same columns, except those whose key exists."""
    await connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


async def add(connection: AsyncConnection, table: Table, **row: Any) -> bool:
    """Insert a *row*, unless its key exists; return whether it was inserted."""
    insert = _insert(connection, table).values(row)
    return bool((await connection.execute(insert.on_conflict_do_nothing())).rowcount)


def _insert(connection: AsyncConnection, table: Table) -> "postgresql_dialect.Insert | sqlite_dialect.Insert":
    """Each database has its own dialect. Load only the one in use: each takes a while."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite as sqlite_dialect  # noqa: PLC0415

        return sqlite_dialect.insert(table)
    from sqlalchemy.dialects import postgresql as postgresql_dialect  # noqa: PLC0415

    return postgresql_dialect.insert(table)
