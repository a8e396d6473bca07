"""A payload that Slack sends twice is worked on once, by whichever process hears it first."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "payloads",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
