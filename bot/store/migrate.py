"""Migrate the tables, one process at a time, in one transaction: all migrations or none.

A migration is a file in `migrations/versions/` whose name begins with its revision; they apply in the order of their
names. So most starts find out without loading Alembic that there is nothing to do.
"""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from bot.errors import Misconfigured
from bot.store.database import Database
from bot.store.database_url import DatabaseAddress

MIGRATIONS_DIR = Path(__file__).parent / "migrations"
ALEMBIC_VERSION = table("alembic_version", column("version_num"))
TAKE_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(7013504225166)")  # an arbitrary number that never changes


async def is_current(database: Database, migrations_dir: Path) -> bool:
    """Return whether the tables are up to date."""
    async with database.read_transaction() as connection:
        return await connection.run_sync(current_revision, migrations_dir) == latest_revision(migrations_dir)


async def migrate(address: DatabaseAddress, migrations_dir: Path, timeout_seconds: float) -> None:
    """Migrate the tables, unless another process has just done so.

    Foreign keys are off: SQLite alters a table by recreating it, and dropping the old one would cascade.
    """
    database = Database(address, timeout_seconds, foreign_keys=False)
    try:
        async with database.transaction() as connection:  # on SQLite this is a lock already
            if not address.is_file:
                await connection.execute(TAKE_ADVISORY_LOCK)
            if await connection.run_sync(current_revision, migrations_dir) != latest_revision(migrations_dir):
                await connection.run_sync(_upgrade, migrations_dir)
    finally:
        await database.close()


def _upgrade(connection: Connection, migrations_dir: Path) -> None:
    from alembic import command  # noqa: PLC0415 - most starts don't need it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_dir).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current_revision(connection: Connection, migrations_dir: Path) -> str | None:
    """Return a database's revision, or None if it is new. Refuse one that a newer bot has written."""
    if not inspect(connection).has_table(ALEMBIC_VERSION.name):
        return None
    current: str | None = connection.scalar(select(ALEMBIC_VERSION.c.version_num))
    if current is not None and current not in _known_revisions(migrations_dir):
        raise Misconfigured(
            f"The database was written by a newer version of the bot (revision {current}; this one knows "
            f"{latest_revision(migrations_dir)}).",
            "Install that version or a later one, or point DATABASE_URL to another database.",
        )
    return current


def latest_revision(migrations_dir: Path) -> str:
    """Return the revision of an up-to-date database."""
    return _known_revisions(migrations_dir)[-1]


def _known_revisions(migrations_dir: Path) -> list[str]:
    return sorted(path.name.partition("_")[0] for path in (migrations_dir / "versions").glob("[0-9]*.py"))
