"""Schedules, their slots, and what was answered to a question of many channels."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("cadence", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), index=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("team", "channel", "number"),
    )
    op.create_table(
        "slots",
        sa.Column("schedule", sa.String, sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("offered", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), index=True),
        sa.Column("taken_by", sa.String, nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True)),
        sa.Column("posted", sa.Integer, nullable=False),
        sa.Column("posting", sa.Integer),
        sa.Column("posting_at", sa.DateTime(timezone=True)),
        sa.Column("ts", sa.String, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "asked",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("line", sa.String, primary_key=True),
        sa.Column("zone", sa.String, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("quiet", sa.Boolean, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    )
