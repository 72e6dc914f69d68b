"""Deliveries: queued with what caused them, and what is owed of them. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal,
    select,
    update,
)

from bot.model import Event
from bot.store import codec
from bot.store.engine import insert
from bot.store.tables import Instant, events, is_owed, outbox, text
from bot.wants import Delivery

# Until autovacuum has counted so many rows, PostgreSQL sorts the whole queue at each claim.
MANY = 1_000


def _is_held(table: FromClause, now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Not tried yet, and not to be before its channel's quiet time ends, or its digest's slot."""
    return and_(is_owed(table), table.c.status == "waiting", table.c.due > now)


def queue(
    connection: Connection, happened: Iterable[Event], planned: Sequence[Delivery]
) -> list[Delivery]:
    """Write deliveries and the events that they tell; those known already are left as they are.

    Returns the new ones.
    """
    if not planned:
        return []
    by_key = {event.key: event for event in happened}
    told = {delivery.event for delivery in planned}
    statement = insert(connection, events).on_conflict_do_nothing()
    connection.execute(statement, [_event_row(by_key[key]) for key in dict.fromkeys(told)])
    rows = {d.key: _row(d, by_key[d.event]) for d in planned}
    old = _present(connection, list(rows))
    fresh = [row for key, row in rows.items() if key not in old]
    if fresh:
        connection.execute(insert(connection, outbox).on_conflict_do_nothing(), fresh)
    new = [d for d in planned if d.key not in old]
    if len(new) >= MANY and connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE outbox")
    urgent = [(rows[d.key], d.due) for d in new if d.urgent]
    if urgent:
        values = [
            {"r": row["record"], "c": row["channel"], "to": row["recipient"], "at": due,
             "stamp": text(due)}
            for row, due in urgent
        ]  # fmt: skip
        connection.execute(_unheld, values)
    return new


# What is held of a procurement goes before what cannot wait, or its older news would come last.
_unheld = (
    update(outbox)
    .where(
        outbox.c.record == bindparam("r"),
        outbox.c.channel == bindparam("c"),
        outbox.c.recipient == bindparam("to"),
        _is_held(outbox, bindparam("at", type_=Instant)),
        outbox.c.record != "",
        # What waits for a digest is told there, whatever else comes.
        outbox.c.digest == "",
    )
    .values(
        due=bindparam("at", type_=Instant),
        first_due=bindparam("at", type_=Instant),
        # The place in the queue begins with the time, all of one length.
        queue=bindparam("stamp", type_=Text)
        + func.substr(outbox.c.queue, func.length(bindparam("stamp", type_=Text)) + 1),
    )
)


def _present(connection: Connection, keys: list[str]) -> set[str]:
    old: set[str] = set()
    for start in range(0, len(keys), 500):
        rows = connection.execute(
            select(outbox.c.key).where(outbox.c.key.in_(keys[start : start + 500]))
        )
        old.update(row[0] for row in rows)
    return old


def _event_row(event: Event) -> dict[str, object]:
    # The record before is in the history; the changes are what a message shows of it.
    body = codec.dump(replace(event, before=None))
    record = event.record.id if event.record else ""
    return {"key": event.key, "source": event.source, "record": record, "body": body}


def _row(delivery: Delivery, event: Event) -> dict[str, object]:
    return {
        "key": delivery.key,
        "event": delivery.event,
        "source": event.source,
        "record": event.record.id if event.record else "",
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "matches": codec.dump(delivery.matches),
        "queue": f"{text(delivery.due)} {text(event.at)} {event.key}",
        "status": "waiting",
        "why": "",
        "attempts": 0,
        "due": delivery.due,
        "first_due": delivery.due,
        "reference": "",
        "owner": "",
        "fence": 0,
        "digest": delivery.digest,
    }


# ---------------------------------------------------------------- what is owed


def owes(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether anything of the channel is due; asked before a write transaction is begun."""
    due = exists().where(outbox.c.channel == channel, is_owed(outbox), outbox.c.due <= now)
    return bool(connection.execute(select(due)).scalar())


def next_due(connection: Connection, channel: str, now: datetime) -> datetime | None:
    """When, after `now`, the next owed delivery of the channel falls due."""
    query = select(func.min(outbox.c.due))
    query = query.where(outbox.c.channel == channel, is_owed(outbox), outbox.c.due > now)
    return connection.execute(query).scalar()


def owed(connection: Connection) -> int:
    """How many deliveries are not settled."""
    query = select(func.count()).select_from(outbox).where(is_owed(outbox))
    return connection.execute(query).scalar_one()


def held(connection: Connection, now: datetime) -> int:
    """How many of those wait, at `now` (UTC), for a quiet time to end, or for a digest."""
    still = _is_held(outbox, literal(now, Instant))
    return connection.execute(select(func.count()).select_from(outbox).where(still)).scalar_one()
