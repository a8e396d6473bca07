"""A worker whose heartbeat stops is replaced before its leases expire."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("worker", sa.String, primary_key=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
    )
