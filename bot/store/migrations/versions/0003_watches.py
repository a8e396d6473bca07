"""Schedules may be watches, which know what they have told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("schedules", sa.Column("looked_at", sa.DateTime(timezone=True)))
    op.add_column("slots", sa.Column("said", sa.JSON))
    op.create_table(
        "told",
        sa.Column("schedule", sa.String, sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("thing", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("says", sa.String, nullable=False),
        sa.Column("happened", sa.Float),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
