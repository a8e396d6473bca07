"""Runs may reply in the thread of another run."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("slots", sa.Column("reply_to", sa.DateTime(timezone=True)))
