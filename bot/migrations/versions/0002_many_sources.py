"""Pieces that fail alone, conditional requests, receipts, one procurement on several portals.

Touches the database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _table("parts", ["source", "name"], ["url", "since", "due", "error"],
           ["window_start", "window_end", "begun"], ["failures"])  # fmt: skip
    _table("validators", ["source", "url"], ["etag", "modified", "whole"])
    _table("receipts", ["source", "at"], ["stated", "body"], numbers=["new"])
    _table("alarms", ["subject", "kind"], ["since"])
    _table("files", ["source", "name"], ["stamp", "digest", "at"])
    _table("names", ["name", "source", "record"])
    _table("joins", ["source", "record"], ["conversation", "twin", "peer", "why", "at"],
           numbers=["confidence"])  # fmt: skip
    op.create_index("joins_conversation", "joins", ["conversation"])


def _table(
    name: str,
    key: list[str],
    texts: list[str] | None = None,
    optional: list[str] | None = None,
    numbers: list[str] | None = None,
) -> None:
    op.create_table(
        name,
        *(sa.Column(column, sa.Text, primary_key=True) for column in key),
        *(sa.Column(column, sa.Text, nullable=False) for column in texts or ()),
        *(sa.Column(column, sa.Text) for column in optional or ()),
        *(sa.Column(column, sa.Integer, nullable=False) for column in numbers or ()),
        sqlite_strict=True,
    )
