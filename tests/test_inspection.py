"""Inspecting a database, SQLite or PostgreSQL, writes nothing to it."""

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bot.errors import Misconfigured
from bot.store.inspection import Inspection, inspect
from bot.store.migrate import MIGRATIONS_DIR, latest_revision
from bot.store.store import open_store
from tests.databases import Postgres, PostgresDatabase, SqliteDatabase, TemporaryDatabase
from tests.processes import ROOT

OPEN_AND_DIE = """
import asyncio, os, sys
from bot.store.store import open_store

async def main():
    async with open_store(sys.argv[1]):
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""


async def inspect_database(url: str) -> Inspection:
    return await inspect(url, 5000)


def older_migrations(folder: Path) -> Path:
    """Copy the migrations except the newest."""
    shutil.copytree(
        MIGRATIONS_DIR, folder, ignore=shutil.ignore_patterns("__pycache__", f"{latest_revision(MIGRATIONS_DIR)}_*")
    )
    return folder


def content(database: TemporaryDatabase) -> object:
    """The files of a SQLite database with their contents, or the tables of a PostgreSQL schema."""
    if isinstance(database, SqliteDatabase):
        files = database.path.parent.iterdir()
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files if path.is_file()}
    with psycopg.connect(database.url) as connection:
        return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()


def file_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def open_and_die(url: str) -> None:
    """Run a process that is killed while it has the database open."""
    subprocess.run([sys.executable, "-c", OPEN_AND_DIE, url], cwd=ROOT, check=False)


async def test_missing_database_is_not_created(database: TemporaryDatabase) -> None:
    inspection = await inspect_database(database.url)
    assert inspection.exists is isinstance(database, PostgresDatabase)
    assert inspection.revision is None
    assert not content(database)


async def test_older_database_is_not_migrated(database: TemporaryDatabase, tmp_path: Path) -> None:
    async with open_store(database.url, migrations_dir=older_migrations(tmp_path / "older")):
        pass
    before = content(database)
    inspection = await inspect_database(database.url)
    assert inspection.revision == latest_revision(tmp_path / "older")
    assert inspection.latest == latest_revision(MIGRATIONS_DIR) > inspection.revision
    assert content(database) == before


async def test_database_in_use_is_inspected_without_changes(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        assert await store.ping()
        before = content(database)
        inspection = await inspect_database(database.url)
        assert content(database) == before
    assert inspection.revision == inspection.latest


async def test_write_ahead_log_of_a_killed_process_is_read_and_left_alone(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "a place#1 50%" / "bot.db")
    database.path.parent.mkdir()
    open_and_die(database.url)
    before = content(database)
    assert file_names(database.path.parent) == {"bot.db", "bot.db-shm", "bot.db-wal"}
    assert (await inspect_database(database.url)).revision == latest_revision(MIGRATIONS_DIR)
    assert content(database) == before


async def test_database_of_a_newer_bot_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    async with open_store(url):
        pass
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(Misconfigured, match="newer version of the bot"):
        await inspect_database(url)


@pytest.mark.parametrize(("path", "reason"), [("none/bot.db", "no such folder"), ("text", "file is not a database")])
async def test_unusable_database_file_is_reported(path: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, however long one looks at it" * 100)
    with pytest.raises(Misconfigured, match=re.escape(reason)):
        await inspect_database(f"sqlite:///{tmp_path}/{path}")
    assert file_names(tmp_path) == {"text"}


@pytest.mark.parametrize("missing", ["SCHEMA public", "DATABASE {}"])
async def test_user_without_create_permission_is_reported(missing: str, postgres: Postgres) -> None:
    """The bot creates its tables in the schema, and the engine creates a schema of its own in the database."""
    url, user = postgres.new_database(), f"may_not_{missing[:6].lower()}"
    with psycopg.connect(url, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(f"CREATE ROLE {user} LOGIN".encode())
        for target in ("SCHEMA public", "DATABASE {}"):
            connection.execute(sql.SQL(f"GRANT CREATE ON {target} TO {user}").format(database))
        user_url = url.replace("postgres:@", f"{user}@")
        assert (await inspect_database(user_url)).revision is None
        connection.execute(sql.SQL(f"REVOKE CREATE ON {missing} FROM {user}").format(database))
    with pytest.raises(Misconfigured, match="doesn't let the bot create its tables"):
        await inspect_database(user_url)
