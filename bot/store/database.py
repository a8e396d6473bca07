"""Run statements and transactions with a timeout. Nothing here knows the tables."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import postgresql, sqlite
from bot.store.database_url import DatabaseAddress
from bot.store.errors import database_errors
from bot.store.statements import StatementResult


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
                return (await self._runner.execute(statement, values)).rows

    async def execute(self, statement: Executable, **values: object) -> StatementResult:
        """Run a single statement that writes. It commits by itself, which is faster than a transaction of one."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._write_lock:
                return await self._runner.execute(statement, values)

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
