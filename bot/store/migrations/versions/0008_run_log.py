"""A run tells in order what happened to it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("slots", sa.Column("log", sa.Text, nullable=False, server_default=""))
