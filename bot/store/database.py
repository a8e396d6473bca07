"""Run statements and transactions with a timeout, and translate errors. Nothing here knows the tables.

All SQLAlchemy errors end here as failures with a sentence. Programming errors of our own (a missing table, a value of
the wrong type) are raised unchanged.
SQLite: https://www.sqlite.org/rescode.html   PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import DateTime, Dialect, Executable, Table
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeDecorator

from bot.errors import Misconfigured, TryLater
from bot.store import postgresql, sqlite
from bot.store.database_url import DatabaseAddress

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql as postgresql_dialect
    from sqlalchemy.dialects import sqlite as sqlite_dialect


MAX_DETAIL_CHARS = 300
CHECK_FILE = (
    "Check that DATABASE_URL names that file (an absolute path has four slashes: sqlite:////data/insights.db), that "
    "its folder exists, and that the bot can write there."
)
USE_ANOTHER_FILE = "Point DATABASE_URL to another file, or restore a backup."
CHECK_SERVER = "Check that PostgreSQL is running, and the host, port, user, password and name in DATABASE_URL."
GRANT_CREATE = "Make that user the database owner, or grant it CREATE on the schema."


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite stores no zone, and PostgreSQL returns the connection's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class StatementResult(NamedTuple):
    """The rows that a statement returned, and how many it changed."""

    rows: Sequence[Sequence[Any]]
    rowcount: int


class Database:
    """The connections of one process to its database. No transaction lasts longer than *timeout* seconds."""

    def __init__(self, address: DatabaseAddress, timeout: float, *, foreign_keys: bool = True) -> None:
        self._timeout = timeout
        self._engine = (
            sqlite.build_engine(address, timeout, foreign_keys=foreign_keys)
            if address.is_file
            else postgresql.build_engine(address)
        )
        self._runner = (
            sqlite.SqliteStatementRunner(address, timeout, foreign_keys=foreign_keys)
            if address.is_file
            else postgresql.PostgresqlStatementRunner(address)
        )
        self._write_engine = self._engine.execution_options(writes=True)
        # SQLite allows one write at a time and makes the others poll; 200 writes in a queue finish five times as fast.
        self._write_lock = asyncio.Lock() if address.is_file else nullcontext()

    async def fetch_one(self, statement: Executable, **values: object) -> Sequence[Any] | None:
        """Return the first row of a statement, or None."""
        return next(iter(await self.fetch_all(statement, **values)), None)

    async def fetch_all(self, statement: Executable, **values: object) -> Sequence[Sequence[Any]]:
        """Return the rows of a single statement, without the cost of a transaction."""
        with database_errors():
            async with asyncio.timeout(self._timeout):
                return (await self._runner.execute(statement, values))[0]

    async def execute(self, statement: Executable, **values: object) -> StatementResult:
        """Run a single statement that writes. It commits by itself, which is faster than a transaction of one."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._write_lock:
                return StatementResult(*await self._runner.execute(statement, values))

    @asynccontextmanager
    async def read_transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may write; it commits when the block ends, and rolls back on an exception."""
        with database_errors():
            async with asyncio.timeout(self._timeout), self._write_lock, self._write_engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        await self._runner.close()
        await self._engine.dispose()


async def upsert(connection: AsyncConnection, table: Table, **row: Any) -> None:
    """Insert a *row*, or update these columns of the row that has its key."""
    insert = _insert(connection, table).values(row)
    keys = table.primary_key.columns.keys()
    changes = {name: insert.excluded[name] for name in row if name not in keys}
    await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changes))


async def add_all(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert *rows* with the same columns, except those whose key exists."""
    await connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


async def add(connection: AsyncConnection, table: Table, **row: Any) -> bool:
    """Insert a *row*, unless its key exists; return whether it was inserted."""
    insert = _insert(connection, table).values(row)
    return bool((await connection.execute(insert.on_conflict_do_nothing())).rowcount)


def _insert(connection: AsyncConnection, table: Table) -> "postgresql_dialect.Insert | sqlite_dialect.Insert":
    """Each database has its own dialect. Load only the one in use: each takes a while."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite as sqlite_dialect  # noqa: PLC0415

        return sqlite_dialect.insert(table)
    from sqlalchemy.dialects import postgresql as postgresql_dialect  # noqa: PLC0415

    return postgresql_dialect.insert(table)


class DatabaseProblem(Enum):
    """A problem with the database that isn't a bug of the bot."""

    UNAVAILABLE = "no answer"
    BUSY = "locked by another process"
    DISK_FULL = "disk full"
    ACCESS_DENIED = "access denied"
    NOT_A_DATABASE = "not a readable database"


SQLITE_PROBLEMS = {
    sqlite3.SQLITE_BUSY: DatabaseProblem.BUSY,
    sqlite3.SQLITE_LOCKED: DatabaseProblem.BUSY,
    sqlite3.SQLITE_PROTOCOL: DatabaseProblem.BUSY,
    sqlite3.SQLITE_IOERR: DatabaseProblem.UNAVAILABLE,
    sqlite3.SQLITE_FULL: DatabaseProblem.DISK_FULL,
    sqlite3.SQLITE_CANTOPEN: DatabaseProblem.ACCESS_DENIED,
    sqlite3.SQLITE_READONLY: DatabaseProblem.ACCESS_DENIED,
    sqlite3.SQLITE_PERM: DatabaseProblem.ACCESS_DENIED,
    sqlite3.SQLITE_NOTADB: DatabaseProblem.NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: DatabaseProblem.NOT_A_DATABASE,
}
POSTGRESQL_PROBLEMS = {  # by SQLSTATE, or by its class (the first two characters)
    "08": DatabaseProblem.UNAVAILABLE,
    "25006": DatabaseProblem.UNAVAILABLE,  # a standby, while another takes over
    "3F000": DatabaseProblem.ACCESS_DENIED,
    "40": DatabaseProblem.BUSY,
    "42501": DatabaseProblem.ACCESS_DENIED,
    "53": DatabaseProblem.UNAVAILABLE,
    "53100": DatabaseProblem.DISK_FULL,
    "55P03": DatabaseProblem.BUSY,
    "57": DatabaseProblem.UNAVAILABLE,
}


@contextmanager
def database_errors() -> Iterator[None]:
    """Translate database errors while the bot runs: raise TryLater, because the database may recover."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, NoConnectionFree, OSError) as error:
        problem = _problem_of(error)
        if problem is None:
            raise
        if problem is DatabaseProblem.DISK_FULL:
            todo = "The bot's operator must free disk space for the database."
            raise TryLater("The bot's database is full.", todo) from error
        raise TryLater("The bot's database is unavailable.", "Try again in a minute.") from error


def is_busy(failure: TryLater) -> bool:
    """Return whether the database is only locked or slow."""
    cause = failure.__cause__
    return (
        cause is None
        or isinstance(cause, NoConnectionFree | TimeoutError)
        or _problem_of(cause) is DatabaseProblem.BUSY
    )


@contextmanager
def startup_errors(address: DatabaseAddress, *, connected: bool = False) -> Iterator[None]:
    """Translate database errors at startup: an unusable database is a wrong setting, a busy or full one isn't.

    A timeout after the database was *connected* means that another process holds it; for a file it always does.
    """
    try:
        yield
    except TryLater as failure:
        cause = failure.__cause__
        is_locked = isinstance(cause, TimeoutError) and (connected or address.is_file)
        if is_locked or cause is None or _problem_of(cause) in (DatabaseProblem.BUSY, DatabaseProblem.DISK_FULL):
            raise
        raise _misconfigured(address, cause) from None
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) is not None:
            raise
        raise _misconfigured(address, error) from None  # the URL holds an unknown parameter


def _misconfigured(address: DatabaseAddress, cause: BaseException) -> Misconfigured:
    problem, detail = _problem_of(cause), _detail(address, cause)
    if address.is_file and problem is DatabaseProblem.NOT_A_DATABASE:
        return Misconfigured(f"{address.file} isn't a readable SQLite database ({detail}).", USE_ANOTHER_FILE)
    if address.is_file:
        return Misconfigured(f"Can't open and write the database {address.file} ({detail}).", CHECK_FILE)
    if problem is DatabaseProblem.ACCESS_DENIED:
        return Misconfigured(f"PostgreSQL doesn't let the bot create its tables ({detail}).", GRANT_CREATE)
    return Misconfigured(f"Can't connect to PostgreSQL ({detail}).", CHECK_SERVER)


def _detail(address: DatabaseAddress, cause: BaseException) -> str:
    """Return the first line of the database's own message, shortened. libpq names host and user, never the password."""
    detail = address.redact(str(getattr(cause, "orig", cause))).strip()
    return detail.partition("\n")[0].rstrip(".")[:MAX_DETAIL_CHARS] or "no answer in time"


def _problem_of(error: BaseException) -> DatabaseProblem | None:
    """Classify an error; None means a bug of the bot."""
    if isinstance(error, NoConnectionFree | OSError):
        return DatabaseProblem.UNAVAILABLE
    driver_error = getattr(error, "orig", error)  # the driver's own error
    if code := getattr(driver_error, "sqlite_errorcode", None):
        return SQLITE_PROBLEMS.get(code & 0xFF)  # the low byte is the primary code
    if sqlstate := getattr(driver_error, "sqlstate", None):
        return POSTGRESQL_PROBLEMS.get(sqlstate) or POSTGRESQL_PROBLEMS.get(sqlstate[:2])
    return DatabaseProblem.UNAVAILABLE if isinstance(error, OperationalError | InterfaceError) else None
