"""Reading and writing, in bounded time. It knows neither the tables nor what is kept in them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import postgresql, sqlite
from bot.store.database_url import Address
from bot.store.errors import explained
from bot.store.result import Done


class Connections:
    """The connections of one process to its database. No transaction lasts longer than *patience* seconds."""

    def __init__(self, address: Address, patience: float, *, foreign_keys: bool = True) -> None:
        self._patience = patience
        self._engine = (
            sqlite.engine(address, patience, foreign_keys=foreign_keys)
            if address.is_file
            else postgresql.engine(address)
        )
        self._single = (
            sqlite.Single(address, patience, foreign_keys=foreign_keys)
            if address.is_file
            else postgresql.Single(address)
        )
        self._writing = self._engine.execution_options(writes=True)
        # SQLite lets one write at a time, and has the others poll for it: in a queue 200 are through five times as fast
        self._turn = asyncio.Lock() if address.is_file else nullcontext()

    async def row(self, statement: Executable, **values: object) -> Sequence[Any] | None:
        """The row that one statement finds, if there is one."""
        return next(iter(await self.rows(statement, **values)), None)

    async def rows(self, statement: Executable, **values: object) -> Sequence[Sequence[Any]]:
        """The rows that one statement finds: all that an answer needs, so it is quick."""
        with explained():
            async with asyncio.timeout(self._patience):
                return (await self._single.run(statement, values)).rows

    async def write(self, statement: Executable, **values: object) -> Done:
        """What one statement has changed. It is kept at once, so it is quicker than a transaction of one."""
        with explained():
            async with asyncio.timeout(self._patience), self._turn:
                return await self._single.run(statement, values)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        with explained():
            async with asyncio.timeout(self._patience), self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write: all of it is kept at its end, or nothing."""
        with explained():
            async with asyncio.timeout(self._patience), self._turn, self._writing.begin() as connection:
                yield connection

    async def close(self) -> None:
        await self._single.close()
        await self._engine.dispose()
