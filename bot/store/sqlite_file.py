"""A SQLite file: write-ahead logging, and a lock for the one process that works on its schedules."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from bot.errors import Misconfigured
from bot.store.database import database_errors
from bot.store.database_url import DatabaseAddress

log = logging.getLogger(__name__)

STOP_OTHER_PROCESS = "Stop that process first, or use PostgreSQL to run several."


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
