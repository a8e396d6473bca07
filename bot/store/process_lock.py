"""Let one process at a time work on the schedules of a SQLite file.

The lock is SQLite's own, on an empty file beside the database: the kernel releases it however the process ends, and it
works wherever SQLite does. On PostgreSQL nothing is locked, as its processes share the work.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from bot.errors import Misconfigured
from bot.store.database_url import DatabaseAddress
from bot.store.errors import translate_errors

STOP_OTHER_PROCESS = "Stop that process first, or use PostgreSQL to run several."


@asynccontextmanager
async def process_lock(address: DatabaseAddress, timeout_seconds: float) -> AsyncIterator[None]:
    """Hold the lock until the block ends; wait *timeout_seconds* for another process that holds it."""
    if not address.is_file:
        yield
        return
    file = address.file.resolve()
    connection = await asyncio.to_thread(_acquire, file.with_name(f"{file.name}.lock"), timeout_seconds)
    if connection is None:
        raise Misconfigured(f"Another process is already running the bot on {address.file}.", STOP_OTHER_PROCESS)
    with closing(connection):
        yield


def _acquire(file: Path, timeout: float) -> sqlite3.Connection | None:
    """Return a connection that holds the lock, or None if another process does."""
    with translate_errors():
        connection = sqlite3.connect(file, timeout=timeout, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return None
        return connection
