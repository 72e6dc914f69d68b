"""The first schema. Touches the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str, **more: object) -> sa.Column[str]:
    return sa.Column(name, sa.Text, **more)  # type: ignore[arg-type]


def _table(name: str, *columns: sa.Column[object] | sa.Column[str] | sa.Column[int]) -> None:
    op.create_table(name, *columns, sqlite_strict=True)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    whole: dict[str, object] = {"nullable": False}
    _table(
        "notices",
        _text("source", primary_key=True),
        _text("record", primary_key=True),
        _text("id", primary_key=True),
        _text("published", **whole),
        _text("learned", **whole),
        sa.Column("folded", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    _partial("notices_unfolded", "notices", ["source"], "folded = 0")
    op.create_index("notices_by_id", "notices", ["id"])
    _table(
        "records",
        _text("source", primary_key=True),
        _text("id", primary_key=True),
        _text("wake"),
        sa.Column("live", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    _partial("records_wake", "records", ["wake"], "wake IS NOT NULL")
    _partial("records_live", "records", ["source"], "live = 1")
    _table(
        "events",
        _text("key", primary_key=True),
        _text("source", **whole),
        _text("record"),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("events_record", "events", ["record"])
    _outbox(whole)
    _bookkeeping(whole)


def _outbox(whole: dict[str, object]) -> None:
    _table(
        "outbox",
        _text("key", primary_key=True),
        *(_text(name, **whole) for name in ("event", "source", "record", "channel", "recipient")),
        sa.Column("matches", sa.Text, nullable=False),
        *(_text(name, **whole) for name in ("queue", "status", "why")),
        sa.Column("attempts", sa.Integer, nullable=False),
        _text("due", **whole),
        _text("first_due", **whole),
        _text("sent"),
        _text("reference", **whole),
        _text("lease"),
        _text("owner", **whole),
        sa.Column("fence", sa.Integer, nullable=False),
    )
    owed = "status IN ('waiting', 'retrying', 'unknown')"
    _partial("outbox_owed", "outbox", ["channel", "queue"], owed)
    _partial("outbox_order", "outbox", ["record", "channel", "recipient", "queue"], owed)
    op.create_index("outbox_event", "outbox", ["event"])


def _bookkeeping(whole: dict[str, object]) -> None:
    _table(
        "sources",
        _text("name", primary_key=True),
        _text("watermark"),
        sa.Column("started", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        _text("succeeded"),
        _text("failed"),
        _text("error", **whole),
        sa.Column("receipt", sa.Text),
    )
    _table(
        "channels",
        _text("name", primary_key=True),
        _text("until"),
        sa.Column("failures", sa.Integer, nullable=False),
        _text("succeeded"),
        _text("failed"),
        _text("error", **whole),
    )
    _table(
        "jobs",
        _text("name", primary_key=True),
        _text("due", **whole),
        _text("lease"),
        _text("owner", **whole),
        sa.Column("fence", sa.Integer, nullable=False),
    )
    _table(
        "aside",
        _text("source", primary_key=True),
        _text("id", primary_key=True),
        _text("at", **whole),
        _text("why", **whole),
        _text("raw", **whole),
    )
    _table("settings", _text("name", primary_key=True), _text("value", **whole))
