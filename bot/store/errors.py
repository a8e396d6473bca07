"""What a database says when something is wrong ─► a failure with a sentence. All errors of SQLAlchemy end here.

What is a fault of ours (a table that is not there, a value of the wrong kind) stays what it is.
SQLite: https://www.sqlite.org/rescode.html   PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from bot.errors import Misconfigured, TryLater
from bot.store.database_url import DatabaseAddress

MAX_DETAIL_CHARS = 300
CHECK_FILE = (
    "Check that DATABASE_URL means that file (an absolute path has four slashes: sqlite:////data/insights.db), that "
    "its folder exists and that the bot may write there."
)
USE_ANOTHER_FILE = "Let DATABASE_URL name another file, or put a copy from before back in its place."
CHECK_SERVER = "Check that PostgreSQL runs there, and host, port, user, password and name in DATABASE_URL."
GRANT_CREATE = "Let that user own the database, or grant it CREATE on the schema."


class DatabaseProblem(Enum):
    """What may be wrong with a database that is no fault of ours."""

    UNAVAILABLE = "it does not answer"
    BUSY = "somebody else holds it"
    DISK_FULL = "its disk is full"
    ACCESS_DENIED = "it lets us not do what we must"
    NOT_A_DATABASE = "it is no database that we can read"


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
POSTGRESQL_PROBLEMS = {  # a code, or the class that it begins with
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
def translate_errors() -> Iterator[None]:
    """While the bot works: a database in trouble is said in one sentence, and may be well again later."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, NoConnectionFree, OSError) as error:
        problem = _classify(error)
        if problem is None:
            raise
        if problem is DatabaseProblem.DISK_FULL:
            todo = "Whoever runs the bot must make room on the disk of its database."
            raise TryLater("The bot's own memory is full.", todo) from error
        raise TryLater("The bot's own memory cannot be reached just now.", "Try again in a minute.") from error


def is_busy(failure: TryLater) -> bool:
    """Whether the database is only held by somebody else, or too slow."""
    cause = failure.__cause__
    return (
        cause is None or isinstance(cause, NoConnectionFree | TimeoutError) or _classify(cause) is DatabaseProblem.BUSY
    )


@contextmanager
def startup_errors(address: DatabaseAddress, *, connected: bool = False) -> Iterator[None]:
    """While the bot starts: a database that cannot be used is a wrong setting, one that is busy or full is none.

    One that was *reached*, and then does not answer in time, is held by another; so is a file.
    """
    try:
        yield
    except TryLater as failure:
        cause = failure.__cause__
        is_locked = isinstance(cause, TimeoutError) and (connected or address.is_file)
        if is_locked or cause is None or _classify(cause) in (DatabaseProblem.BUSY, DatabaseProblem.DISK_FULL):
            raise
        raise _misconfigured(address, cause) from None
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) is not None:
            raise
        raise _misconfigured(address, error) from None  # the URL holds a parameter that is none


def _misconfigured(address: DatabaseAddress, cause: BaseException) -> Misconfigured:
    problem, detail = _classify(cause), _detail(address, cause)
    if address.is_file and problem is DatabaseProblem.NOT_A_DATABASE:
        return Misconfigured(f"{address.file} is no SQLite database that can be read ({detail}).", USE_ANOTHER_FILE)
    if address.is_file:
        return Misconfigured(f"The database {address.file} cannot be opened and written ({detail}).", CHECK_FILE)
    if problem is DatabaseProblem.ACCESS_DENIED:
        return Misconfigured(f"PostgreSQL does not let the bot make its tables ({detail}).", GRANT_CREATE)
    return Misconfigured(f"PostgreSQL cannot be reached or does not let the bot in ({detail}).", CHECK_SERVER)


def _detail(address: DatabaseAddress, cause: BaseException) -> str:
    """The database's own words, in a length that one can read; libpq's hold host and user, but no password."""
    detail = address.redact(str(getattr(cause, "orig", cause))).strip()
    return detail.partition("\n")[0].rstrip(".")[:MAX_DETAIL_CHARS] or "no answer in time"


def _classify(error: BaseException) -> DatabaseProblem | None:
    """What is wrong; None where that is a fault of ours."""
    if isinstance(error, NoConnectionFree | OSError):
        return DatabaseProblem.UNAVAILABLE
    driver_error = getattr(error, "orig", error)  # the driver's own error
    if code := getattr(driver_error, "sqlite_errorcode", None):
        return SQLITE_PROBLEMS.get(code & 0xFF)  # the rest of it is a closer description
    if sqlstate := getattr(driver_error, "sqlstate", None):
        return POSTGRESQL_PROBLEMS.get(sqlstate) or POSTGRESQL_PROBLEMS.get(sqlstate[:2])
    return DatabaseProblem.UNAVAILABLE if isinstance(error, OperationalError | InterfaceError) else None
