"""What a start would find in a database is looked at, and nothing is written, in SQLite and PostgreSQL."""

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

LEFT_BEHIND = """
import asyncio, os, sys
from bot.store.store import open_store

async def main():
    async with open_store(sys.argv[1]):
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""


async def look(url: str) -> Inspection:
    return await inspect(url, 5000)


def older(folder: Path) -> Path:
    """The bot's steps without the newest."""
    shutil.copytree(
        MIGRATIONS_DIR, folder, ignore=shutil.ignore_patterns("__pycache__", f"{latest_revision(MIGRATIONS_DIR)}_*")
    )
    return folder


def content(database: TemporaryDatabase) -> object:
    """All files of a database with what is in them, or all tables."""
    if isinstance(database, SqliteDatabase):
        files = database.path.parent.iterdir()
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files if path.is_file()}
    with psycopg.connect(database.url) as connection:
        return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def open_and_die(url: str) -> None:
    """Another process that has the database open when it is killed."""
    subprocess.run([sys.executable, "-c", LEFT_BEHIND, url], cwd=ROOT, check=False)


async def test_a_new_database_is_not_created(database: TemporaryDatabase) -> None:
    found = await look(database.url)
    assert found.exists is isinstance(database, PostgresDatabase)
    assert found.revision is None
    assert not content(database)


async def test_an_older_database_is_not_migrated(database: TemporaryDatabase, tmp_path: Path) -> None:
    async with open_store(database.url, migrations_dir=older(tmp_path / "older")):
        pass
    before = content(database)
    found = await look(database.url)
    assert found.revision == latest_revision(tmp_path / "older")
    assert found.latest == latest_revision(MIGRATIONS_DIR) > found.revision
    assert content(database) == before


async def test_a_database_in_use_is_inspected_without_a_trace(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        assert await store.ping()
        before = content(database)
        found = await look(database.url)
        assert content(database) == before
    assert found.revision == found.latest


async def test_what_a_killed_process_left_behind_is_neither_missed_nor_touched(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "a place#1 50%" / "bot.db")
    database.path.parent.mkdir()
    open_and_die(database.url)
    before = content(database)
    assert names(database.path.parent) == {"bot.db", "bot.db-shm", "bot.db-wal"}
    assert (await look(database.url)).revision == latest_revision(MIGRATIONS_DIR)
    assert content(database) == before


async def test_a_database_of_a_newer_bot_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    async with open_store(url):
        pass
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(Misconfigured, match="newer version of the bot"):
        await look(url)


@pytest.mark.parametrize(
    ("path", "said"), [("none/bot.db", "there is no such folder"), ("text", "file is not a database")]
)
async def test_a_file_that_cannot_be_used_is_wrong(path: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, however long one looks at it" * 100)
    with pytest.raises(Misconfigured, match=re.escape(said)):
        await look(f"sqlite:///{tmp_path}/{path}")
    assert names(tmp_path) == {"text"}


@pytest.mark.parametrize("missing", ["SCHEMA public", "DATABASE {}"])
async def test_a_user_who_may_not_create_tables_is_wrong(missing: str, postgres: Postgres) -> None:
    """The bot's tables are made in the schema, and the engine makes a schema of its own in the database."""
    url, user = postgres.new_database(), f"may_not_{missing[:6].lower()}"
    with psycopg.connect(url, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(f"CREATE ROLE {user} LOGIN".encode())
        for place in ("SCHEMA public", "DATABASE {}"):
            connection.execute(sql.SQL(f"GRANT CREATE ON {place} TO {user}").format(database))
        theirs = url.replace("postgres:@", f"{user}@")
        assert (await look(theirs)).revision is None
        connection.execute(sql.SQL(f"REVOKE CREATE ON {missing} FROM {user}").format(database))
    with pytest.raises(Misconfigured, match="does not let the bot make its tables"):
        await look(theirs)
