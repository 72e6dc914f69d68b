"""What is remembered of the requests themselves: pieces still owed, validators. Touches disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.contract import Request
from bot.parts import Part
from bot.store.engine import insert
from bot.store.tables import parts, validators


def owed(connection: Connection, source: str) -> dict[str, Part]:
    """The pieces that a source still owes, by name."""
    rows = connection.execute(select(parts).where(parts.c.source == source)).all()
    return {
        row.name: Part(
            Request(
                row.url,
                window=(row.window_start, row.window_end) if row.window_start else None,
                part=row.name,
            ),
            row.failures,
            row.since,
            row.due,
            row.error,
            row.begun,
        )
        for row in rows
    }


def owe(connection: Connection, source: str, part: Part) -> None:
    """Remember that a piece is still to be read."""
    window = part.request.window or (None, None)
    values = {
        "url": part.request.url,
        "window_start": window[0],
        "window_end": window[1],
        "failures": part.failures,
        "since": part.since,
        "due": part.due,
        "error": part.error,
        "begun": part.begun,
    }
    statement = insert(connection, parts).on_conflict_do_update(
        index_elements=["source", "name"], set_=values
    )
    connection.execute(statement, {"source": source, "name": part.request.part} | values)


def paid(connection: Connection, source: str, names: Collection[str]) -> None:
    """These pieces were read to their end."""
    if names:
        connection.execute(delete(parts).where(parts.c.source == source, parts.c.name.in_(names)))


# ---------------------------------------------------------------- conditional requests


@dataclass(frozen=True, slots=True)
class Validator:
    """What the last whole answer said of itself (RFC 9110, section 8.8), and when it came."""

    etag: str
    modified: str
    whole: datetime  # UTC

    def headers(self) -> dict[str, str]:
        """The conditions of a request that asks only for something newer."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


def conditional(request: Request, held: Validator | None) -> Request:
    """The request, with the conditions that the last answer allows."""
    return replace(request, headers={**request.headers, **held.headers()}) if held else request


def held(connection: Connection, source: str) -> dict[str, Validator]:
    """The validators of a source's answers, by URL."""
    rows = connection.execute(select(validators).where(validators.c.source == source))
    return {row.url: Validator(row.etag, row.modified, row.whole) for row in rows}


def hold(connection: Connection, source: str, fresh: Mapping[str, Validator]) -> None:
    """Keep the validators of answers that are read and committed."""
    for url, one in fresh.items():
        values = {"etag": one.etag, "modified": one.modified, "whole": one.whole}
        statement = insert(connection, validators).on_conflict_do_update(
            index_elements=["source", "url"], set_=values
        )
        connection.execute(statement, {"source": source, "url": url} | values)
