"""From what a user calls a notice to the processes it belongs to. Touches the database."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from sqlalchemy import Connection

from bot.store import joins, process


def named(connection: Connection, notice: str) -> list[process.Pair]:
    """The processes that an ocid, a notice id, a publication number or a notice's URL names."""
    text = notice.strip().rstrip("/")
    if "://" in text:
        address, _, query = text.partition("?")
        # Some portals ask for a notice by `?ID=JAN468109` on one and the same page.
        asked = [value for key, value in parse_qsl(query) if key.lower() == "id"]
        last = (p for p in reversed(address.split("/")) if re.search(r"\d", p))
        text = asked[0] if asked else next(last, address)
    found = process.find(connection, text) or process.find_like(connection, text)
    return list(dict.fromkeys(pair for one in found for pair in conversation(connection, one)))


def conversation(connection: Connection, pair: process.Pair) -> list[process.Pair]:
    """The processes of one procurement on all portals, the first one first."""
    return [(row.source, row.record) for row in joins.members(connection, pair)] or [pair]
