"""Deliveries looked back at, and one put back in the queue. Touches the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from bot.model import Event
from bot.store import codec
from bot.store.claims import REQUESTED
from bot.store.tables import events, outbox
from bot.wants import Delivery


def rows(
    connection: Connection,
    *,
    status: str | None = None,
    source: str | None = None,
    record: str | None = None,
) -> Iterator[tuple[Row[tuple[object, ...]], Event]]:
    """Deliveries with their events, oldest first, without limit."""
    query = select(outbox, events.c.body).join(events, events.c.key == outbox.c.event)
    if status is not None:
        query = query.where(outbox.c.status == status)
    if record is not None:
        query = query.where(outbox.c.source == source, outbox.c.record == record)
    query = query.order_by(outbox.c.queue, outbox.c.key)
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield row, codec.event(row.body)


def reminded(
    connection: Connection, records: Collection[tuple[str, str]], channel: str, recipient: str
) -> list[tuple[Event, datetime]]:
    """The reminders of these records (source, id) that a recipient was sent, and when (UTC)."""
    query = (
        select(outbox.c.source, outbox.c.record, outbox.c.sent, events.c.body)
        .join(events, events.c.key == outbox.c.event)
        .where(
            events.c.record.in_({record for _, record in records}),
            events.c.key.contains("@"),  # only the key of a reminder has an instant in it
            outbox.c.channel == channel,
            outbox.c.recipient == recipient,
            outbox.c.status == "sent",
        )
    )
    found = [
        (codec.event(row.body), row.sent)
        for row in connection.execute(query)
        if (row.source, row.record) in records
    ]
    return [(event, sent) for event, sent in found if event.deadline]


Told = tuple[Delivery, Event, datetime | None]  # and when it was sent, UTC


def told_with(connection: Connection, key: str, reference: str = "") -> list[Told]:
    """A delivery, and awards of the same procurement that its message told; empty if there is none.

    Its message is the one of this `reference`, or its last. What a digest told is not among them:
    it stands for itself.
    """
    query = select(outbox, events.c.body).join(events, events.c.key == outbox.c.event)
    head = connection.execute(query.where(outbox.c.key == key)).first()
    if head is None:
        return []
    rows = [head]
    meant = reference or head.reference
    if meant and head.record and not head.digest:
        rows += connection.execute(
            query.where(
                outbox.c.record == head.record,
                outbox.c.channel == head.channel,
                outbox.c.recipient == head.recipient,
                outbox.c.reference == meant,
                outbox.c.queue > head.queue,
            ).order_by(outbox.c.queue)
        )
    return [(delivery(row), codec.event(row.body), row.sent) for row in rows]


def delivery(row: Row[Any]) -> Delivery:
    """The delivery that a row of the outbox holds."""
    return Delivery(
        key=row.key,
        event=row.event,
        channel=row.channel,
        recipient=row.recipient,
        matches=codec.matches(row.matches),
        due=row.due,
        digest=row.digest,
    )


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many deliveries stand at each (channel, status); one being sent counts as waiting."""
    status = case((outbox.c.lease.is_not(None), "waiting"), else_=outbox.c.status)
    query = select(outbox.c.channel, status, func.count()).group_by(outbox.c.channel, status)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def state(connection: Connection, key: str) -> str | None:
    """The status of one delivery."""
    return connection.execute(select(outbox.c.status).where(outbox.c.key == key)).scalar()


def again(connection: Connection, key: str, now: datetime) -> bool:
    """Put one delivery back in the queue, whatever became of it; False when there is none.

    It is told by itself, not in a digest; but a digest that had nothing to say is itself again.
    """
    result = connection.execute(
        update(outbox)
        .where(outbox.c.key == key)
        .values(
            status="waiting",
            why=REQUESTED,
            due=now,
            first_due=now,
            attempts=0,
            lease=None,
            fence=outbox.c.fence + 1,
            digest=case((outbox.c.record == "", outbox.c.digest), else_=""),
        )
    )
    return result.rowcount == 1
