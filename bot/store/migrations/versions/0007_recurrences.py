"""A schedule's recurrence is stored as fields.

Until now it was text: `first monday 9:00 Europe/Berlin`, `tuesday,thursday 17:30 UTC`, or `watch UTC` for a watch.
"""

from datetime import time
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = {name: str(day) for day, name in enumerate(DAY_NAMES)} | {"day": "0123456", "weekday": "01234"}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}

SCHEDULES = sa.table(
    "schedules",
    sa.column("cadence"),
    sa.column("days", sa.String),
    sa.column("ordinal", sa.Integer),
    sa.column("local_time", sa.Time),
    sa.column("zone", sa.String),
)


def upgrade() -> None:
    op.add_column("schedules", sa.Column("days", sa.String))
    op.add_column("schedules", sa.Column("ordinal", sa.Integer))
    op.add_column("schedules", sa.Column("local_time", sa.Time))
    op.add_column("schedules", sa.Column("zone", sa.String))
    connection = op.get_bind()
    for stored in connection.scalars(sa.select(SCHEDULES.c.cadence).distinct()).all():
        rows = sa.update(SCHEDULES).where(SCHEDULES.c.cadence == stored)
        connection.execute(rows.values(**recurrence_fields(stored)))
    with op.batch_alter_table("schedules") as table:
        table.alter_column("days", nullable=False)
        table.alter_column("ordinal", nullable=False)
        table.alter_column("zone", nullable=False)
        table.drop_column("cadence")


def recurrence_fields(stored: str) -> dict[str, Any]:
    """Return the fields of a recurrence that was stored as text."""
    *days, zone = stored.split()
    if days == ["watch"]:
        return {"days": "", "ordinal": 0, "local_time": None, "zone": zone}
    *ordinal, names, clock = days
    hour, minute = clock.split(":")
    return {
        "days": "".join(DAYS[name] for name in names.split(",")),
        "ordinal": ORDINALS[ordinal[0]] if ordinal else 0,
        "local_time": time(int(hour), int(minute)),
        "zone": zone,
    }
