"""What is followed and what is muted. Touches the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "follows",
        *_key("source", "record", "channel"),
        sa.Column("since", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "mutes",
        *_key("source", "record", "buyer"),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("whole", sa.Integer, nullable=False),
        sqlite_strict=True,
    )


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]
