"""The tables are brought up to date, by one process at a time, in one transaction: all steps are done, or none.

A step is a file of `migrations/versions/`, whose name begins with its revision; in the order of their names they
follow each other. So it is known without Alembic whether there is anything to do, and most starts do without it.
"""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from bot.errors import Misconfigured
from bot.store.database import Database
from bot.store.database_url import DatabaseAddress

MIGRATIONS_DIR = Path(__file__).parent / "migrations"
ALEMBIC_VERSION = table("alembic_version", column("version_num"))
TAKE_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(7013504225166)")  # any number, if it is always the same


async def is_current(database: Database, migrations_dir: Path) -> bool:
    """Whether the tables are up to date."""
    async with database.read_transaction() as connection:
        return await connection.run_sync(current_revision, migrations_dir) == latest_revision(migrations_dir)


async def migrate(address: DatabaseAddress, migrations_dir: Path, timeout_seconds: float) -> None:
    """Bring the tables up to date, unless another process has just done so.

    Foreign keys are off: SQLite changes a table by making it anew, and dropping the old one would cascade.
    """
    database = Database(address, timeout_seconds, foreign_keys=False)
    try:
        async with database.transaction() as connection:  # SQLite lets no second one in here
            if not address.is_file:
                await connection.execute(TAKE_ADVISORY_LOCK)
            if await connection.run_sync(current_revision, migrations_dir) != latest_revision(migrations_dir):
                await connection.run_sync(_upgrade, migrations_dir)
    finally:
        await database.close()


def _upgrade(connection: Connection, migrations_dir: Path) -> None:
    from alembic import command  # noqa: PLC0415 - most starts do without
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_dir).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current_revision(connection: Connection, migrations_dir: Path) -> str | None:
    """The revision that a database has; None where it is new. One of a newer bot's is refused."""
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
    """The revision of an up-to-date database."""
    return _known_revisions(migrations_dir)[-1]


def _known_revisions(migrations_dir: Path) -> list[str]:
    return sorted(path.name.partition("_")[0] for path in (migrations_dir / "versions").glob("[0-9]*.py"))
