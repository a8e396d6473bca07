"""The tables, as they are after the last migration. A change here needs a migration.

Some tables and columns keep names from before the code's own vocabulary settled: slots are runs, told is watch states,
allowances are rate limits, asked is answers.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from bot.store.database import UtcDateTime
from bot.store.models import ScheduleState

METADATA = MetaData()


class StateColumn(TypeDecorator[ScheduleState]):
    """The state of a schedule, as its value."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: ScheduleState | None, dialect: Dialect) -> str | None:
        return value and value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> ScheduleState | None:
        return None if value is None else ScheduleState(value)


class Weekdays(TypeDecorator[tuple[int, ...]]):
    """Days of the week, one digit each: Monday and Thursday are 03."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else "".join(map(str, value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[int, ...] | None:
        return None if value is None else tuple(map(int, value))


CHANNEL_DEFAULTS = Table(
    "channel_defaults",
    METADATA,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("given", JSON, nullable=False),  # empty if somebody removed them
    Column("changed_by", String, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

GREETINGS = Table(
    "greetings",
    METADATA,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("greeted_at", UtcDateTime, nullable=False),
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
    Column("number", Integer, nullable=False),  # what people call it
    Column("owner", String, nullable=False),
    Column("days", Weekdays, nullable=False),  # empty for a watch
    Column("ordinal", Integer, nullable=False),  # which of these days in a month; 0: every week
    Column("local_time", Time),  # null for a watch
    Column("zone", String, nullable=False),
    Column("line", String, nullable=False),
    Column("state", StateColumn, nullable=False),
    Column("why", String, nullable=False),  # the reason if the bot paused it
    Column("next_at", UtcDateTime, index=True),
    Column("looked_at", UtcDateTime),  # when a watch last observed
    Column("made_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("team", "channel", "number"),
)

LAST_CHANGES = Table(
    "last_changes",
    METADATA,
    Column("schedule", String, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, nullable=False),  # counts the schedule's changes
    Column("by", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("days", Weekdays, nullable=False),  # from here on: the schedule as it was before
    Column("ordinal", Integer, nullable=False),
    Column("local_time", Time),
    Column("zone", String, nullable=False),
    Column("line", String, nullable=False),
    Column("state", StateColumn, nullable=False),
    Column("why", String, nullable=False),
    Column("next_at", UtcDateTime),
)

ANNOUNCEMENTS = Table(
    "announcements",
    METADATA,
    Column("schedule", String, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("ts", String, nullable=False),
    Column("posted_at", UtcDateTime, nullable=False),
    Column("change", Integer, nullable=False),  # the number of the change that it shows
    Column("notice_ts", String, nullable=False),  # of the last short message below it; empty if there is none
    Column("notice_at", UtcDateTime),
)

RUNS = Table(
    "slots",
    METADATA,
    Column("schedule", String, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("team", String, nullable=False),
    Column("line", String, nullable=False),  # the schedule's line when the run was created
    Column("zone", String, nullable=False),
    Column("by", String, nullable=False),  # who requested it; empty if it was scheduled
    Column("state", String, nullable=False),
    Column("why", String, nullable=False),
    Column("offered", Integer, nullable=False),  # a version: grows with each offer, lease and release
    Column("attempt", Integer, nullable=False),  # failed attempts
    Column("again_at", UtcDateTime, index=True),  # when it is offered again; null once it is closed
    Column("taken_by", String, nullable=False),  # the last holder of the lease, and when it expires
    Column("taken_until", UtcDateTime),
    Column("posted", Integer, nullable=False),  # how many of its messages are known to be in the channel
    Column("posting", Integer),  # the index of the message about to be posted
    Column("posting_at", UtcDateTime),
    Column("ts", String, nullable=False),
    Column("said", JSON(none_as_null=True)),  # this run's own message
    Column("closed_at", UtcDateTime),
    Column("log", Text, nullable=False, server_default=""),  # a line for each thing that happened to it
    Column("reply_to", UtcDateTime),  # `at` of the run in whose thread it is posted
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
    Column("spent", Float, nullable=False),  # the second of the epoch until which capacity is spent
)

HEARTBEATS = Table(
    "heartbeats",
    METADATA,
    Column("team", String, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("beat_at", UtcDateTime, nullable=False),  # by the worker's own clock
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
    Column("place", String, primary_key=True),  # project/environment, with the applications if the question named any
    Column("span", String, primary_key=True),  # empty: the days since the previous run
    Column("day", Date, primary_key=True),  # in the caller's time zone
    Column("numbers", JSON, nullable=False),  # without the unknown ones
    Column("material", Boolean, nullable=False),
)
