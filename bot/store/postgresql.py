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

from bot.store.database_url import Address
from bot.store.result import Done

OURS: dict[str, Any] = {  # libpq's and psycopg's parameters; one that the URL gives counts more
    "prepare_threshold": None,  # PgBouncer gives each transaction another connection, which knows no prepared ones
    "keepalives_idle": 30,
    "tcp_user_timeout": 10_000,  # ms, so that a host that vanished is not waited for
}
TRANSACTION_CONNECTIONS = 5  # SQLAlchemy would open those beyond its pool anew each time, so none are allowed beyond it
STATEMENT_CONNECTIONS = 10  # most of what the store does is a single statement
SINCE, FRESH = "rests since", 1.0  # seconds
STILL = "15s"  # longer than any transaction of ours waits for anything


def engine(address: Address, connections: int = TRANSACTION_CONNECTIONS, **options: str) -> AsyncEngine:
    """A connection may be dead (a restart, a firewall that forgot it): one that has rested, or to which something was
    said meanwhile, is tried before it is used. SQLAlchemy can only try them all, which costs as much as a statement."""
    if not event.contains(Engine, "connect", _let_go):
        event.listen(Engine, "connect", _let_go)
    arguments = {name: value for name, value in OURS.items() if name not in address.url.query}
    pool: dict[str, Any] = {"pool_size": connections, "max_overflow": 0}
    made = create_async_engine(address.url, connect_args=arguments, hide_parameters=True, **pool, **options)

    @event.listens_for(made.sync_engine, "checkin")
    def rests(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[SINCE] = asyncio.get_running_loop().time()

    @event.listens_for(made.sync_engine, "checkout")
    def wanted(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        now = asyncio.get_running_loop().time()
        if now - record.info.get(SINCE, now) > FRESH or _has_news(record):
            _try(made.dialect, connection)

    return made


def _has_news(record: ConnectionPoolEntry) -> bool:
    """Who closes a connection says so on it, and otherwise nothing is said that was not asked for."""
    heard = select.poll()
    driver: Any = record.driver_connection
    heard.register(driver.fileno(), select.POLLIN)
    return bool(heard.poll(0))


def _try(dialect: Dialect, connection: DBAPIConnection) -> None:
    """The pool makes another of one that is dead."""
    try:
        dialect.do_ping(connection)
    except Exception as wrong:  # whatever the driver calls it
        raise DisconnectionError from wrong


def _let_go(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Whoever stands still in the middle of a transaction keeps no rows from the others. It is said on each connection
    of the process, so that it holds for what the engine does by itself; PgBouncer takes no such options in the URL."""
    if "psycopg" in type(connection).__module__:
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{STILL}'")
        cursor.close()
        connection.commit()


class Single:
    """Run single statements. Each is a transaction by itself, so BEGIN and COMMIT are not sent.

    The connections are in AUTOCOMMIT from the moment they are opened, where the pool cleans up. Switching a borrowed
    one may yield to the event loop, and a cancellation there would leak it.
    """

    def __init__(self, address: Address) -> None:
        self._engine = engine(address, STATEMENT_CONNECTIONS, isolation_level="AUTOCOMMIT")

    async def run(self, statement: Executable, values: Mapping[str, object]) -> Done:
        async with self._engine.connect() as connection:
            return Done.of(await connection.execute(statement, values))

    async def close(self) -> None:
        await self._engine.dispose()
