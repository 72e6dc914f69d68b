"""Conversations in channels, and deliveries that wait for a digest. Touches the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "threads",
        *(
            sa.Column(name, sa.Text, primary_key=True)
            for name in ("channel", "recipient", "source", "record")
        ),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("name", "root", "delivery", "since", "shown")
        ),
        sa.Column("due", sa.Text),
        sqlite_strict=True,
    )
    op.create_index("threads_due", "threads", ["channel", "due"])
    op.add_column(
        "outbox", sa.Column("digest", sa.Text, nullable=False, server_default=sa.text("''"))
    )
    op.create_index(
        "outbox_digest",
        "outbox",
        ["digest"],
        sqlite_where=sa.text("digest <> ''"),
        postgresql_where=sa.text("digest <> ''"),
    )
