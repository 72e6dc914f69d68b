"""From what a user calls a notice to the processes it belongs to. Touches database, terminal."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import click
from sqlalchemy import Connection

from bot.cli.common import clean
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


def procurements(connection: Connection, notice: str) -> list[list[process.Pair]]:
    """As `named`, the processes of each procurement together; says so where there is none."""
    pairs = named(connection, notice)
    if not pairs:
        unknown(notice)
    return [
        list(one) for one in dict.fromkeys(tuple(conversation(connection, pair)) for pair in pairs)
    ]


def unknown(notice: str) -> None:
    """Say that nothing is known by that name."""
    click.echo(f"{clean(notice)}: not known; nothing with this id was read", err=True)


def conversation(connection: Connection, pair: process.Pair) -> list[process.Pair]:
    """The processes of one procurement on all portals, the first one first."""
    return [(row.source, row.record) for row in joins.members(connection, pair)] or [pair]
