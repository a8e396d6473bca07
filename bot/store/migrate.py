"""The tables are brought up to date, by one process at a time, in one transaction: all steps are done, or none.

A step is a file of `migrations/versions/`, whose name begins with its revision; in the order of their names they
follow each other. So it is known without Alembic whether there is anything to do, and most starts do without it.
"""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from bot.errors import Misconfigured
from bot.store.database import Connections
from bot.store.database_url import Address

STEPS = Path(__file__).parent / "migrations"
VERSION = table("alembic_version", column("version_num"))
LOCK = text("SELECT pg_advisory_xact_lock(7013504225166)")  # any number, if it is always the same


async def is_current(connections: Connections, steps: Path) -> bool:
    """Whether the tables are up to date."""
    async with connections.reading() as connection:
        return await connection.run_sync(revision, steps) == newest(steps)


async def migrate(address: Address, steps: Path, patience: float) -> None:
    """Bring the tables up to date, unless another process has just done so.

    Foreign keys are off: SQLite changes a table by making it anew, and dropping the old one would cascade.
    """
    alone = Connections(address, patience, foreign_keys=False)
    try:
        async with alone.writing() as connection:  # SQLite lets no second one in here
            if not address.is_file:
                await connection.execute(LOCK)
            if await connection.run_sync(revision, steps) != newest(steps):
                await connection.run_sync(_upgrade, steps)
    finally:
        await alone.close()


def _upgrade(connection: Connection, steps: Path) -> None:
    from alembic import command  # noqa: PLC0415 - most starts do without
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: Connection, steps: Path) -> str | None:
    """The revision that a database has; None where it is new. One of a newer bot's is refused."""
    if not inspect(connection).has_table(VERSION.name):
        return None
    found: str | None = connection.scalar(select(VERSION.c.version_num))
    if found is not None and found not in _known(steps):
        raise Misconfigured(
            f"The database was written by a newer version of the bot (revision {found}; this one knows "
            f"{newest(steps)}).",
            "Install that version or a later one, or point DATABASE_URL to another database.",
        )
    return found


def newest(steps: Path) -> str:
    """The revision of an up-to-date database."""
    return _known(steps)[-1]


def _known(steps: Path) -> list[str]:
    return sorted(path.name.partition("_")[0] for path in (steps / "versions").glob("[0-9]*.py"))
