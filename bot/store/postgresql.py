"""What PostgreSQL needs. It knows no table."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Executable, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.address import Address

OURS: dict[str, Any] = {  # libpq's and psycopg's parameters; one that the URL gives counts more
    "prepare_threshold": None,  # PgBouncer gives each transaction another connection, which knows no prepared ones
    "keepalives_idle": 30,
    "tcp_user_timeout": 10_000,  # ms, so that a host that vanished is not waited for
}
STILL = "15s"  # longer than any transaction of ours waits for anything


def engine(address: Address) -> AsyncEngine:
    """A connection may be dead without a word (a restart, a firewall that forgot it): it is tried before it is used."""
    if not event.contains(Engine, "connect", _let_go):
        event.listen(Engine, "connect", _let_go)
    options = {name: value for name, value in OURS.items() if name not in address.url.query}
    return create_async_engine(address.url, connect_args=options, pool_pre_ping=True, hide_parameters=True)


def _let_go(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Whoever stands still in the middle of a transaction keeps no rows from the others. It is said on each connection
    of the process, so that it holds for what the engine does by itself; PgBouncer takes no such options in the URL."""
    if "psycopg" in type(connection).__module__:
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{STILL}'")
        cursor.close()
        connection.commit()


class Reader:
    """Single statements that read. Each is a transaction by itself, so BEGIN and COMMIT are not sent."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def rows(self, statement: Executable, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, values)).all()

    async def close(self) -> None:
        """The connections are the engine's."""
