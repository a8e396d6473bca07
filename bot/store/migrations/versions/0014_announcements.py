"""Each schedule has a message in its channel, which is updated when the schedule changes."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("schedule", sa.String, sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("ts", sa.String, nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("notice_ts", sa.String, nullable=False),
        sa.Column("notice_at", sa.DateTime(timezone=True)),
    )
