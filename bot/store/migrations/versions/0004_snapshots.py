"""Digests leave their numbers behind."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "snapshots",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("place", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("numbers", sa.JSON, nullable=False),
        sa.Column("material", sa.Boolean, nullable=False),
    )
