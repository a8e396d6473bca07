"""What PostgreSQL needs. It knows no table."""

import asyncio
import select
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect, Engine, Executable, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.database_url import DatabaseAddress
from bot.store.result import StatementResult

DEFAULT_CONNECT_ARGS: dict[str, Any] = {  # libpq's and psycopg's parameters; one that the URL gives counts more
    "prepare_threshold": None,  # PgBouncer gives each transaction another connection, which knows no prepared ones
    "keepalives_idle": 30,
    "tcp_user_timeout": 10_000,  # ms, so that a host that vanished is not waited for
}
MAX_TRANSACTION_CONNECTIONS = (
    5  # SQLAlchemy would open those beyond its pool anew each time, so none are allowed beyond it
)
MAX_STATEMENT_CONNECTIONS = 10  # most of what the store does is a single statement
IDLE_SINCE, MAX_UNCHECKED_IDLE_SECONDS = "rests since", 1.0  # seconds
IDLE_IN_TRANSACTION_TIMEOUT = "15s"  # longer than any transaction of ours waits for anything


def build_engine(
    address: DatabaseAddress, max_connections: int = MAX_TRANSACTION_CONNECTIONS, **options: str
) -> AsyncEngine:
    """A connection may be dead (a restart, a firewall that forgot it): one that has rested, or to which something was
    said meanwhile, is tried before it is used. SQLAlchemy can only try them all, which costs as much as a statement."""
    if not event.contains(Engine, "connect", _set_idle_timeout):
        event.listen(Engine, "connect", _set_idle_timeout)
    connect_args = {name: value for name, value in DEFAULT_CONNECT_ARGS.items() if name not in address.url.query}
    pool: dict[str, Any] = {"pool_size": max_connections, "max_overflow": 0}
    engine = create_async_engine(address.url, connect_args=connect_args, hide_parameters=True, **pool, **options)

    @event.listens_for(engine.sync_engine, "checkin")
    def mark_idle(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[IDLE_SINCE] = asyncio.get_running_loop().time()

    @event.listens_for(engine.sync_engine, "checkout")
    def ping_if_stale(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        now = asyncio.get_running_loop().time()
        if now - record.info.get(IDLE_SINCE, now) > MAX_UNCHECKED_IDLE_SECONDS or _has_unread_data(record):
            _ping(engine.dialect, connection)

    return engine


def _has_unread_data(record: ConnectionPoolEntry) -> bool:
    """Who closes a connection says so on it, and otherwise nothing is said that was not asked for."""
    poller = select.poll()
    driver: Any = record.driver_connection
    poller.register(driver.fileno(), select.POLLIN)
    return bool(poller.poll(0))


def _ping(dialect: Dialect, connection: DBAPIConnection) -> None:
    """The pool makes another of one that is dead."""
    try:
        dialect.do_ping(connection)
    except Exception as error:  # whatever the driver calls it
        raise DisconnectionError from error


def _set_idle_timeout(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Whoever stands still in the middle of a transaction keeps no rows from the others. It is said on each connection
    of the process, so that it holds for what the engine does by itself; PgBouncer takes no such options in the URL."""
    if "psycopg" in type(connection).__module__:
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_TIMEOUT}'")
        cursor.close()
        connection.commit()


class PostgresqlStatementRunner:
    """Run single statements. Each is a transaction by itself, so BEGIN and COMMIT are not sent.

    The connections are in AUTOCOMMIT from the moment they are opened, where the pool cleans up. Switching a borrowed
    one may yield to the event loop, and a cancellation there would leak it.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        self._engine = build_engine(address, MAX_STATEMENT_CONNECTIONS, isolation_level="AUTOCOMMIT")

    async def execute(self, statement: Executable, values: Mapping[str, object]) -> StatementResult:
        async with self._engine.connect() as connection:
            return StatementResult.from_cursor(await connection.execute(statement, values))

    async def close(self) -> None:
        await self._engine.dispose()
