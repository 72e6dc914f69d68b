"""Receipts of polls, and the alarms that operators were told. Touches the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, func, select

from bot.health import MEMORY, Alarm, Stated
from bot.store import codec
from bot.store.engine import insert
from bot.store.tables import alarms, receipts

_stated = msgspec.json.Decoder(Stated).decode
# Receipts are kept so long; what is learned from them looks back less far.
KEPT = 2 * MEMORY


def leave(
    connection: Connection, source: str, at: datetime, new: int, stated: Stated, body: object
) -> None:
    """Keep the receipt of a poll, and drop the oldest."""
    row = {
        "source": source,
        "at": at,
        "new": new,
        "stated": codec.dump(stated),
        "body": codec.dump(body),
    }
    connection.execute(insert(connection, receipts).on_conflict_do_nothing(), row)
    old = receipts.c.source == source, receipts.c.at < at - KEPT
    connection.execute(delete(receipts).where(*old))


def first(connection: Connection, source: str) -> datetime | None:
    """When a source was first polled, as far back as is remembered."""
    query = select(func.min(receipts.c.at)).where(receipts.c.source == source)
    return connection.execute(query).scalar()


def news(connection: Connection, source: str, now: datetime) -> list[datetime]:
    """When polls brought something new, as far back as is remembered."""
    query = select(receipts.c.at).where(
        receipts.c.source == source, receipts.c.new > 0, receipts.c.at >= now - MEMORY
    )
    return [row[0] for row in connection.execute(query)]


def latest_news(connection: Connection) -> datetime | None:
    """When a poll of any source last brought something new."""
    return connection.execute(select(func.max(receipts.c.at)).where(receipts.c.new > 0)).scalar()


def said(connection: Connection, source: str) -> Iterator[Stated]:
    """What the notices of each poll stated, the latest poll first."""
    query = select(receipts.c.stated).where(receipts.c.source == source, receipts.c.new > 0)
    for row in connection.execute(query.order_by(receipts.c.at.desc())):
        yield _stated(row[0])


def raised(connection: Connection, subject: str) -> dict[str, datetime]:
    """The alarms about a source or channel that operators were told of, and since when."""
    query = select(alarms.c.kind, alarms.c.since).where(alarms.c.subject == subject)
    return {row[0]: row[1] for row in connection.execute(query)}


def raise_(connection: Connection, subject: str, alarm: Alarm, now: datetime) -> None:
    """Remember that operators are told."""
    row = {"subject": subject, "kind": alarm.kind, "since": now}
    connection.execute(insert(connection, alarms).on_conflict_do_nothing(), row)


def clear(connection: Connection, subject: str, kind: str) -> None:
    """Remember that it is over."""
    connection.execute(delete(alarms).where(alarms.c.subject == subject, alarms.c.kind == kind))
