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
from bot.store.database_url import Address

LONGEST_SAID = 300
WRITABLE = (
    "Check that DATABASE_URL means that file (an absolute path has four slashes: sqlite:////data/insights.db), that "
    "its folder exists and that the bot may write there."
)
ANOTHER_FILE = "Let DATABASE_URL name another file, or put a copy from before back in its place."
REACHABLE = "Check that PostgreSQL runs there, and host, port, user, password and name in DATABASE_URL."
GRANT = "Let that user own the database, or grant it CREATE on the schema."


class Trouble(Enum):
    """What may be wrong with a database that is no fault of ours."""

    AWAY = "it does not answer"
    BUSY = "somebody else holds it"
    FULL = "its disk is full"
    SHUT = "it lets us not do what we must"
    OTHER = "it is no database that we can read"


SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_PROTOCOL: Trouble.BUSY,
    sqlite3.SQLITE_IOERR: Trouble.AWAY,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_CANTOPEN: Trouble.SHUT,
    sqlite3.SQLITE_READONLY: Trouble.SHUT,
    sqlite3.SQLITE_PERM: Trouble.SHUT,
    sqlite3.SQLITE_NOTADB: Trouble.OTHER,
    sqlite3.SQLITE_CORRUPT: Trouble.OTHER,
}
POSTGRESQL = {  # a code, or the class that it begins with
    "08": Trouble.AWAY,
    "25006": Trouble.AWAY,  # a standby, while another takes over
    "3F000": Trouble.SHUT,
    "40": Trouble.BUSY,
    "42501": Trouble.SHUT,
    "53": Trouble.AWAY,
    "53100": Trouble.FULL,
    "55P03": Trouble.BUSY,
    "57": Trouble.AWAY,
}


@contextmanager
def explained() -> Iterator[None]:
    """While the bot works: a database in trouble is said in one sentence, and may be well again later."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, NoConnectionFree, OSError) as wrong:
        trouble = _trouble(wrong)
        if trouble is None:
            raise
        if trouble is Trouble.FULL:
            todo = "Whoever runs the bot must make room on the disk of its database."
            raise TryLater("The bot's own memory is full.", todo) from wrong
        raise TryLater("The bot's own memory cannot be reached just now.", "Try again in a minute.") from wrong


def is_busy(failure: TryLater) -> bool:
    """Whether the database is only held by somebody else, or too slow."""
    cause = failure.__cause__
    return cause is None or isinstance(cause, NoConnectionFree | TimeoutError) or _trouble(cause) is Trouble.BUSY


@contextmanager
def opening(address: Address, *, reached: bool = False) -> Iterator[None]:
    """While the bot starts: a database that cannot be used is a wrong setting, one that is busy or full is none.

    One that was *reached*, and then does not answer in time, is held by another; so is a file.
    """
    try:
        yield
    except TryLater as failure:
        cause = failure.__cause__
        held = isinstance(cause, TimeoutError) and (reached or address.is_file)
        if held or cause is None or _trouble(cause) in (Trouble.BUSY, Trouble.FULL):
            raise
        raise _misconfigured(address, cause) from None
    except ProgrammingError as wrong:
        if getattr(wrong.orig, "sqlstate", None) is not None:
            raise
        raise _misconfigured(address, wrong) from None  # the URL holds a parameter that is none


def _misconfigured(address: Address, cause: BaseException) -> Misconfigured:
    trouble, said = _trouble(cause), _said(address, cause)
    if address.is_file and trouble is Trouble.OTHER:
        return Misconfigured(f"{address.file} is no SQLite database that can be read ({said}).", ANOTHER_FILE)
    if address.is_file:
        return Misconfigured(f"The database {address.file} cannot be opened and written ({said}).", WRITABLE)
    if trouble is Trouble.SHUT:
        return Misconfigured(f"PostgreSQL does not let the bot make its tables ({said}).", GRANT)
    return Misconfigured(f"PostgreSQL cannot be reached or does not let the bot in ({said}).", REACHABLE)


def _said(address: Address, cause: BaseException) -> str:
    """The database's own words, in a length that one can read; libpq's hold host and user, but no password."""
    said = address.hushed(str(getattr(cause, "orig", cause))).strip()
    return said.partition("\n")[0].rstrip(".")[:LONGEST_SAID] or "no answer in time"


def _trouble(wrong: BaseException) -> Trouble | None:
    """What is wrong; None where that is a fault of ours."""
    if isinstance(wrong, NoConnectionFree | OSError):
        return Trouble.AWAY
    own = getattr(wrong, "orig", wrong)  # the driver's own error
    if code := getattr(own, "sqlite_errorcode", None):
        return SQLITE.get(code & 0xFF)  # the rest of it is a closer description
    if state := getattr(own, "sqlstate", None):
        return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])
    return Trouble.AWAY if isinstance(wrong, OperationalError | InterfaceError) else None
