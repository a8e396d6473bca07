"""How many deliveries begin in a minute is counted for all processes together."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("spent", sa.Float, nullable=False),
    )
