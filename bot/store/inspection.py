"""Inspect a database as a start would find it. Nothing is written, not even the files that SQLite creates.

https://www.sqlite.org/wal.html#read_only_databases
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from bot.errors import Misconfigured
from bot.store.database import GRANT_CREATE, Database, database_errors, startup_errors
from bot.store.database_url import DatabaseAddress, parse_database_url
from bot.store.migrate import MIGRATIONS_DIR, current_revision, latest_revision

MAY_CREATE = text(
    "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) "
    "AND (to_regnamespace('dbos') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE'))"
)


@dataclass(frozen=True)
class Inspection:
    """The state of a database; *revision* is None if it has none of the bot's tables yet."""

    address: DatabaseAddress
    exists: bool
    revision: str | None
    latest: str


async def inspect(url: str, timeout_ms: int, *, migrations_dir: Path = MIGRATIONS_DIR) -> Inspection:
    """Inspect the database at *url*. An unusable one raises the error that a start would raise."""
    address = parse_database_url(url)
    with startup_errors(address):
        if address.is_file:
            with database_errors():
                _check_writable(address.file)
            if not address.file.exists():
                return Inspection(address, exists=False, revision=None, latest=latest_revision(migrations_dir))
        return await _inspect_existing(address, timeout_ms / 1000, migrations_dir)


async def _inspect_existing(address: DatabaseAddress, timeout_seconds: float, migrations_dir: Path) -> Inspection:
    database = Database(_read_only(address), timeout_seconds)
    try:
        async with database.read_transaction() as connection:
            current = await connection.run_sync(current_revision, migrations_dir)
            if not address.is_file and not await connection.run_sync(_may_create):
                raise Misconfigured("PostgreSQL doesn't let the bot create its tables.", GRANT_CREATE)
    finally:
        await database.close()
    return Inspection(address, exists=True, revision=current, latest=latest_revision(migrations_dir))


def _may_create(connection: Connection) -> bool:
    """Return whether the user may create the bot's tables, and the engine's schema if that is missing."""
    return bool(connection.scalar(MAY_CREATE))


def _read_only(address: DatabaseAddress) -> DatabaseAddress:
    """Return an address that makes SQLite write no files of its own.

    While another process has the database open, its latest changes are in the -wal file, so that one must be read too.
    """
    if not address.is_file:
        return address
    in_use = Path(f"{address.file}-shm").exists()
    access_mode = {"readonly_shm": "1"} if in_use else {"immutable": "1"}
    return DatabaseAddress(
        address.url.set(database=address.file.as_uri(), query={"uri": "true", "mode": "ro", **access_mode})
    )


def _check_writable(file: Path) -> None:
    if not file.parent.is_dir():
        raise FileNotFoundError("no such folder")
    if not all(os.access(path, os.W_OK) for path in (file.parent, file) if path.exists()):
        raise PermissionError("not writable")
