"""What a start would find in a database, and do to it. Nothing is written, not even the files that SQLite makes.

https://www.sqlite.org/wal.html#read_only_databases
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from bot.errors import Misconfigured
from bot.store.database import Connections
from bot.store.database_url import Address, address
from bot.store.errors import GRANT, explained, opening
from bot.store.migrate import STEPS, newest, revision

MAY_CREATE = text(
    "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) "
    "AND (to_regnamespace('dbos') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE'))"
)


@dataclass(frozen=True)
class Inspection:
    """A database as it was found: the *revision* is None where it has none of the bot's tables yet."""

    address: Address
    exists: bool
    revision: str | None
    newest: str


async def inspect(url: str, patience_ms: int, *, steps: Path = STEPS) -> Inspection:
    """Look at the database at *url*; one that a start couldn't use is said as the start would say it."""
    found = address(url)
    with opening(found):
        if found.is_file:
            with explained():
                _check_writable(found.file)
            if not found.file.exists():
                return Inspection(found, exists=False, revision=None, newest=newest(steps))
        return await _inspected(found, patience_ms / 1000, steps)


async def _inspected(found: Address, patience: float, steps: Path) -> Inspection:
    connections = Connections(_unwritten(found), patience)
    try:
        async with connections.reading() as connection:
            here = await connection.run_sync(revision, steps)
            if not found.is_file and not await connection.run_sync(_may_create):
                raise Misconfigured("PostgreSQL does not let the bot make its tables.", GRANT)
    finally:
        await connections.close()
    return Inspection(found, exists=True, revision=here, newest=newest(steps))


def _may_create(connection: Connection) -> bool:
    """Whether tables can be made where the bot's are, and a schema for the engine's, if it isn't there."""
    return bool(connection.scalar(MAY_CREATE))


def _unwritten(found: Address) -> Address:
    """The same database, opened so that SQLite writes nothing beside it: what others have written lies there too, as
    long as they have it open."""
    if not found.is_file:
        return found
    in_use = Path(f"{found.file}-shm").exists()
    how = {"readonly_shm": "1"} if in_use else {"immutable": "1"}
    return Address(found.url.set(database=found.file.as_uri(), query={"uri": "true", "mode": "ro", **how}))


def _check_writable(file: Path) -> None:
    if not file.parent.is_dir():
        raise FileNotFoundError("there is no such folder")
    if not all(os.access(path, os.W_OK) for path in (file.parent, file) if path.exists()):
        raise PermissionError("it may not be written")
