"""Open a store by its database's URL, migrate it, and check whether it takes writes."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import TryLater
from bot.store.announcements import Announcements
from bot.store.database import Database, is_busy, startup_errors
from bot.store.database_url import parse_database_url
from bot.store.migrate import ALEMBIC_VERSION, MIGRATIONS_DIR, is_current, migrate
from bot.store.runs import Heartbeats, Runs
from bot.store.schedules import Schedules
from bot.store.sqlite_file import enable_wal
from bot.store.tables import CHANNEL_DEFAULTS
from bot.store.watch_state import WatchStates
from bot.store.workspaces import ChannelDefaults, DeliveryQuotas, Greetings, Payloads, Snapshots, Workspaces

PROBE_INTERVAL_SECONDS = 10.0  # between write probes
PROBE_BYTES = 16_384  # more than a page, so that a full database has no room for it
EPOCH = datetime.fromtimestamp(0, UTC)


class Store:
    """The repositories. While the database is unavailable or locked, all of their methods raise TryLater."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.channel_defaults = ChannelDefaults(database)
        self.greetings = Greetings(database)
        self.workspaces = Workspaces(database)
        self.schedules = Schedules(database)
        self.announcements = Announcements(database)
        self.runs = Runs(database)
        self.heartbeats = Heartbeats(database)
        self.delivery_quotas = DeliveryQuotas(database)
        self.watch_states = WatchStates(database)
        self.snapshots = Snapshots(database)
        self.payloads = Payloads(database)
        self._probe = WriteProbe(database)

    async def prune(self, now: datetime) -> None:
        """Delete old rows."""
        await self.runs.prune(answers_before=now - timedelta(days=1), runs_before=now - timedelta(days=400))
        await self.watch_states.prune(now - timedelta(days=60))
        await self.payloads.prune(now - timedelta(days=1))
        await self.snapshots.prune((now - timedelta(days=731)).date())

    async def ping(self, timeout_ms: int = 1000) -> bool:
        """Return whether the database answers in time and has the bot's tables."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                await self._database.fetch_one(select(ALEMBIC_VERSION.c.version_num))
        except (TryLater, TimeoutError, SQLAlchemyError):
            return False
        return True

    async def ready(self, timeout_ms: int = 1000) -> bool:
        """Return whether the database answers in time and takes writes."""
        return await self.ping(timeout_ms) and await self._probe.succeeds(timeout_ms / 1000)


class WriteProbe:
    """Checks whether the database takes writes: a full disk can still be read.

    It adds a row and deletes it in one transaction, so nobody ever sees it, and the next one uses its space again. It
    writes at most once per interval, however many callers there are.
    """

    def __init__(self, database: Database, interval: float = PROBE_INTERVAL_SECONDS) -> None:
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
            await connection.execute(insert(CHANNEL_DEFAULTS).values(row))
            await connection.execute(
                delete(CHANNEL_DEFAULTS).where(CHANNEL_DEFAULTS.c.team == "", CHANNEL_DEFAULTS.c.channel == key)
            )


@asynccontextmanager
async def open_store(
    url: str, *, timeout_ms: int = 5_000, migration_timeout_ms: int = 120_000, migrations_dir: Path = MIGRATIONS_DIR
) -> AsyncIterator[Store]:
    """Open the store at *url*, migrated.

    *timeout_ms* limits each transaction, and *migration_timeout_ms* a migration, by this process or by another.
    """
    address, migration_timeout = parse_database_url(url), migration_timeout_ms / 1000
    database = Database(address, timeout_ms / 1000)
    try:
        with startup_errors(address):
            if address.is_file:
                await enable_wal(address.file, migration_timeout)
            is_migrated = await is_current(database, migrations_dir)
        if not is_migrated:
            with startup_errors(address, connected=True):
                await migrate(address, migrations_dir, migration_timeout)
        yield Store(database)
    finally:
        await database.close()
