"""A row is written, whether it is there or not: SQL's words for it, of which each database has its own kind."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


async def upsert(connection: AsyncConnection, table: Table, **row: Any) -> None:
    """Write a *row*. Of one that has its key already, only the columns that are given are changed."""
    insert = _insert(connection, table).values(row)
    keys = table.primary_key.columns.keys()
    changes = {name: insert.excluded[name] for name in row if name not in keys}
    await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changes))


async def add_all(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write *rows* of the same columns, those whose key nobody has."""
    await connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


async def add(connection: AsyncConnection, table: Table, **row: Any) -> bool:
    """Write a *row*, unless one has its key already; whether it was written."""
    insert = _insert(connection, table).values(row)
    return bool((await connection.execute(insert.on_conflict_do_nothing())).rowcount)


def _insert(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """A dialect takes a while to load, and no process needs both."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)
