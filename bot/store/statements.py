"""The result of a single statement, and INSERT … ON CONFLICT, for which each database has its own dialect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, Table
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


@dataclass(frozen=True, slots=True)
class StatementResult:
    """The rows that a statement returned, and how many it changed."""

    rows: Sequence[Sequence[Any]]
    rowcount: int

    @classmethod
    def from_cursor(cls, result: CursorResult[Any]) -> "StatementResult":
        return cls(result.all() if result.returns_rows else (), result.rowcount)


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


def _insert(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Load only the dialect in use: each takes a while."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)
