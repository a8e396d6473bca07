"""The door of the store: a database by its URL, brought up to date and opened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import TryLater
from bot.store.channel_defaults import Defaults
from bot.store.database import Connections
from bot.store.database_url import address
from bot.store.errors import opening
from bot.store.migrate import STEPS, VERSION, is_current, migrate
from bot.store.payloads import Payloads
from bot.store.rate_limit import Allowances
from bot.store.runs import Slots
from bot.store.schedules import Schedules
from bot.store.snapshots import Snapshots
from bot.store.sqlite import write_ahead
from bot.store.watch_state import Tellings
from bot.store.workspaces import Workspaces
from bot.store.write_probe import WriteProbe


class Store:
    """All that survives a restart. While its database is away or locked, everything here raises TryLater."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.defaults = Defaults(connections)
        self.workspaces = Workspaces(connections)
        self.schedules = Schedules(connections)
        self.slots = Slots(connections)
        self.allowances = Allowances(connections)
        self.tellings = Tellings(connections)
        self.snapshots = Snapshots(connections)
        self.payloads = Payloads(connections)
        self._probe = WriteProbe(connections)

    async def forget(self, now: datetime) -> None:
        """Delete what is so old that nobody asks for it."""
        await self.slots.forget(answers=now - timedelta(days=1), slots=now - timedelta(days=400))
        await self.tellings.forget(now - timedelta(days=60))
        await self.payloads.forget(now - timedelta(days=1))
        await self.snapshots.forget((now - timedelta(days=731)).date())

    async def ping(self, patience_ms: int = 1000) -> bool:
        """Whether the database answers in that time, and is one of ours."""
        try:
            async with asyncio.timeout(patience_ms / 1000):
                await self._connections.row(select(VERSION.c.version_num))
        except (TryLater, TimeoutError, SQLAlchemyError):
            return False
        return True

    async def ready(self, patience_ms: int = 1000) -> bool:
        """Whether the database answers in that time, and takes writes."""
        return await self.ping(patience_ms) and await self._probe.succeeds(patience_ms / 1000)


@asynccontextmanager
async def opened(
    url: str, *, patience_ms: int = 5_000, migrating_ms: int = 120_000, steps: Path = STEPS
) -> AsyncIterator[Store]:
    """The store at *url*. *patience_ms* is how long whoever reads or writes waits for the database, and *migrating_ms*
    how long the start waits for the tables to be brought up to date, here or by another process.
    """
    found, migrating = address(url), migrating_ms / 1000
    connections = Connections(found, patience_ms / 1000)
    try:
        with opening(found):
            if found.is_file:
                await write_ahead(found.file, migrating)
            current = await is_current(connections, steps)
        if not current:
            with opening(found, reached=True):
                await migrate(found, steps, migrating)
        yield Store(connections)
    finally:
        await connections.close()
