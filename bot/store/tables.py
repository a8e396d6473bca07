"""The tables, as they are after the last of the migrations. A change here needs one there."""

from datetime import UTC, datetime

from sqlalchemy import JSON, Column, DateTime, Dialect, MetaData, String, Table
from sqlalchemy.types import TypeDecorator

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment, in UTC: SQLite keeps no zones, and PostgreSQL gives them back in the connection's."""

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


CHANNEL_DEFAULTS = Table(
    "channel_defaults",
    METADATA,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("given", JSON, nullable=False),  # empty where somebody took them back
    Column("changed_by", String, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

WORKSPACES = Table(
    "workspaces",
    METADATA,
    Column("team", String, primary_key=True),
    Column("charts_refused_at", Moment),
)
