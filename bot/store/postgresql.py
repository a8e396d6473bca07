"""Connections to PostgreSQL. Nothing here knows the tables."""

import asyncio
import select
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Engine, Executable, Row, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.database_url import DatabaseAddress

DEFAULT_CONNECT_ARGS: dict[str, Any] = {  # libpq's and psycopg's parameters; the URL's take precedence
    "prepare_threshold": None,  # PgBouncer gives each transaction another connection, without its prepared statements
    "keepalives_idle": 30,
    "tcp_user_timeout": 10_000,  # ms; a host that has vanished is noticed
}
MAX_TRANSACTION_CONNECTIONS = 5  # no overflow: SQLAlchemy would reopen those connections each time
MAX_STATEMENT_CONNECTIONS = 10  # most of what the store does is a single statement
IDLE_SINCE, MAX_UNCHECKED_IDLE_SECONDS = "idle since", 1.0
IDLE_IN_TRANSACTION_TIMEOUT = "15s"  # longer than any of our transactions waits for anything


def build_engine(
    address: DatabaseAddress, max_connections: int = MAX_TRANSACTION_CONNECTIONS, **options: str
) -> AsyncEngine:
    """Create an engine that pings idle connections before it uses them.

    A connection may be dead after a server restart or a firewall timeout. Only those are pinged that were idle for a
    while or have unread data; SQLAlchemy's own `pool_pre_ping` pings all, which costs as much as a statement.
    """
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
    """Return whether there is unread data. The server sends some unasked only when it closes the connection."""
    poller = select.poll()
    driver: Any = record.driver_connection
    poller.register(driver.fileno(), select.POLLIN)
    return bool(poller.poll(0))


def _ping(dialect: Dialect, connection: DBAPIConnection) -> None:
    """Ping a connection; on DisconnectionError the pool replaces it."""
    try:
        dialect.do_ping(connection)
    except Exception as error:  # of whatever class the driver raises
        raise DisconnectionError from error


def _set_idle_timeout(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """End transactions that stall, so that they don't block rows for others.

    Each connection of the process sets it, so that it holds for DBOS's too; PgBouncer accepts no such option in the
    URL.
    """
    if "psycopg" in type(connection).__module__:
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_TIMEOUT}'")
        cursor.close()
        connection.commit()


class PostgresqlStatementRunner:
    """Run single statements. Each is a transaction by itself, so BEGIN and COMMIT are not sent.

    The connections are opened in AUTOCOMMIT. Switching one at checkout may yield to the event loop, and a cancellation
    there would leak it.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        self._engine = build_engine(address, MAX_STATEMENT_CONNECTIONS, isolation_level="AUTOCOMMIT")

    async def execute(self, statement: Executable, values: Mapping[str, object]) -> tuple[Sequence[Row[Any]], int]:
        async with self._engine.connect() as connection:
            result = await connection.execute(statement, values)
            return result.all() if result.returns_rows else (), result.rowcount

    async def close(self) -> None:
        await self._engine.dispose()
