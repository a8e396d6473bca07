"""Snapshots are kept apart by the span that their digest covered.

The key changes, so the table is made anew: SQLite can't alter a key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("CREATE TABLE weekly_snapshots AS SELECT * FROM snapshots")
    op.drop_table("snapshots")
    op.create_table(
        "snapshots",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("place", sa.String, primary_key=True),
        sa.Column("span", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("numbers", sa.JSON, nullable=False),
        sa.Column("material", sa.Boolean, nullable=False),
    )
    op.execute("INSERT INTO snapshots SELECT team, place, 'week', day, numbers, material FROM weekly_snapshots")
    op.drop_table("weekly_snapshots")
