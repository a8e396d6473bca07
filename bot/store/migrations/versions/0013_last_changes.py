"""The last change of a schedule can be undone, so what it changed is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "last_changes",
        sa.Column("schedule", sa.String, sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.String, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("local_time", sa.Time),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
    )
