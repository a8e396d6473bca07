"""The tables, as they are after the last of the migrations. A change here needs one there."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

METADATA = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
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
    Column("changed_at", UtcDateTime, nullable=False),
)

WORKSPACES = Table(
    "workspaces",
    METADATA,
    Column("team", String, primary_key=True),
    Column("charts_refused_at", UtcDateTime),
)

SCHEDULES = Table(
    "schedules",
    METADATA,
    Column("id", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("number", Integer, nullable=False),  # by which the people of its channel call it
    Column("owner", String, nullable=False),
    Column("cadence", String, nullable=False),
    Column("line", String, nullable=False),
    Column("state", String, nullable=False),
    Column("why", String, nullable=False),  # it is paused, where nobody paused it
    Column("next_at", UtcDateTime, index=True),
    Column("looked_at", UtcDateTime),  # the last time, for one that only speaks when there is something new
    Column("made_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("team", "channel", "number"),
)

RUNS = Table(
    "slots",
    METADATA,
    Column("schedule", String, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("team", String, nullable=False),
    Column("line", String, nullable=False),  # as it was then
    Column("zone", String, nullable=False),
    Column("by", String, nullable=False),  # who asked for it; empty: the clock
    Column("state", String, nullable=False),
    Column("why", String, nullable=False),
    Column("offered", Integer, nullable=False),  # grows also with each taking and letting go
    Column("attempt", Integer, nullable=False),  # how many were in vain
    Column("again_at", UtcDateTime, index=True),  # when it is offered again; closed ones have none
    Column("taken_by", String, nullable=False),  # who was at it last, and until when it was theirs
    Column("taken_until", UtcDateTime),
    Column("posted", Integer, nullable=False),  # how many messages of it surely stand in the channel
    Column("posting", Integer),  # which one somebody is about to post
    Column("posting_at", UtcDateTime),
    Column("ts", String, nullable=False),
    Column("said", JSON(none_as_null=True)),  # to this channel alone
    Column("closed_at", UtcDateTime),
)

WATCH_STATES = Table(
    "told",
    METADATA,
    Column("schedule", String, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("thing", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("says", String, nullable=False),
    Column("happened", Float),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
)

RATE_LIMITS = Table(
    "allowances",
    METADATA,
    Column("team", String, primary_key=True),
    Column("spent", Float, nullable=False),  # until that second, of the epoch
)

ANSWERS = Table(
    "asked",
    METADATA,
    Column("team", String, primary_key=True),
    Column("line", String, primary_key=True),
    Column("zone", String, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("said", JSON, nullable=False),
    Column("quiet", Boolean, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

PAYLOADS = Table(
    "payloads",
    METADATA,
    Column("key", String, primary_key=True),
    Column("heard_at", UtcDateTime, nullable=False, index=True),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("team", String, primary_key=True),
    Column("place", String, primary_key=True),  # with the applications, where only those were asked about
    Column("day", Date, primary_key=True),  # where it was asked
    Column("numbers", JSON, nullable=False),  # those that were known
    Column("material", Boolean, nullable=False),
)
