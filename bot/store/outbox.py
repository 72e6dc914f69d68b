"""Deliveries: queued with what caused them, claimed, settled one by one. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from bot.model import Delivery, Event
from bot.retry import Dropped, GaveUp, Outcome, Retry, Sent
from bot.store import codec
from bot.store.engine import insert
from bot.store.tables import Instant, events, is_owed, outbox, text

# Until autovacuum has counted so many rows, PostgreSQL sorts the whole queue at each claim.
MANY = 1_000
# Why a delivery is sent again that was settled.
REQUESTED = "sent again on request"


def _is_held(table: FromClause, now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Not tried yet, and not to be before its channel's quiet time ends."""
    return and_(is_owed(table), table.c.status == "waiting", table.c.due > now)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may work on until its lease ends."""

    delivery: Delivery
    event: Event
    attempts: int  # this one included
    first_due: datetime
    fence: int
    status: str  # as it stood before: an `unknown` one may have arrived already
    queue: str  # its place among the others
    asked_for: bool = False  # by `resend`

    @property
    def repeat(self) -> bool:
        """Whether an earlier attempt's answer never came, or a crash came before it."""
        return self.status == "unknown"


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
    }


# ---------------------------------------------------------------- claiming

_earlier = outbox.alias("earlier")
# One procurement's messages reach a recipient in order: the first that is owed goes first.
_first = ~exists().where(
    _earlier.c.record == outbox.c.record,
    _earlier.c.channel == outbox.c.channel,
    _earlier.c.recipient == outbox.c.recipient,
    _earlier.c.queue < outbox.c.queue,
    is_owed(_earlier),
    outbox.c.record != "",
)
_candidates = (
    select(outbox.c.key)
    .where(
        outbox.c.channel == bindparam("name"),
        is_owed(outbox),
        outbox.c.due <= bindparam("now"),
        or_(
            outbox.c.lease.is_(None),
            outbox.c.lease < bindparam("real"),
            outbox.c.lease > bindparam("absurd"),
            # Of a round of ours that failed so hard that it could not give them back.
            outbox.c.owner == bindparam("owner"),
        ),
        _first,
    )
    .order_by(outbox.c.queue)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_claim = (
    update(outbox)
    .where(outbox.c.key.in_(_candidates.scalar_subquery()))
    .values(
        lease=bindparam("until"),
        owner=bindparam("owner"),
        attempts=outbox.c.attempts + 1,
        fence=outbox.c.fence + 1,
    )
    .returning(outbox)
)


def claim(
    connection: Connection,
    channel: str,
    *,
    now: datetime,
    real: datetime,
    lease: timedelta,
    owner: str,
    most: int = 50,
) -> list[Claim]:
    """Deliveries of a channel that are due at `now`, ours until `real + lease` (both UTC).

    A lease far in the future comes from a clock that was wrong; it holds nobody up. An owner works
    on a channel in one place at a time.
    """
    rows = connection.execute(
        _claim,
        {
            "name": channel,
            "now": now,
            "real": real,
            "until": real + lease,
            "absurd": real + 2 * lease,
            "owner": owner,
            "most": most,
        },
    ).all()
    if not rows:
        return []
    rows = sorted(rows, key=lambda row: row.queue)
    keys = {row.event for row in rows}
    bodies = connection.execute(select(events.c.key, events.c.body).where(events.c.key.in_(keys)))
    by_key = {key: codec.event(body) for key, body in bodies}
    return [_claimed(row, by_key[row.event]) for row in rows]


def _claimed(row: Row[tuple[object, ...]], event: Event) -> Claim:
    return Claim(
        delivery=Delivery(
            key=row.key,
            event=row.event,
            channel=row.channel,
            recipient=row.recipient,
            matches=codec.matches(row.matches),
            due=row.due,
        ),
        event=event,
        attempts=row.attempts,
        first_due=row.first_due,
        fence=row.fence,
        status=row.status,
        queue=row.queue,
        asked_for=row.why == REQUESTED,
    )


_mine = and_(outbox.c.key == bindparam("k"), outbox.c.fence == bindparam("f"))
_settle = (
    update(outbox)
    .where(_mine)
    .values(
        status=bindparam("status"),
        why=bindparam("why"),
        due=func.coalesce(bindparam("again", type_=Instant), outbox.c.due),
        sent=bindparam("sent"),
        reference=bindparam("reference"),
        lease=None,
    )
)


def settle(connection: Connection, claim: Claim, outcome: Outcome, now: datetime) -> bool:
    """Record what became of an attempt; False when the lease was lost and another has it."""
    values: dict[str, object] = {
        "k": claim.delivery.key,
        "f": claim.fence,
        "again": None,
        "sent": None,
        "reference": "",
    }
    match outcome:
        case Sent(reference):
            values |= {"status": "sent", "why": "", "sent": now, "reference": reference}
        case Retry(at, why, unknown=unknown):
            values |= {"status": "unknown" if unknown else "retrying", "why": why, "again": at}
        case GaveUp(why):
            values |= {"status": "gave-up", "why": why}
        case Dropped(why):
            values |= {"status": "dropped", "why": why}
    return connection.execute(_settle, values).rowcount == 1


_begin = update(outbox).where(_mine).values(status="unknown")


def begin(connection: Connection, claim: Claim) -> None:
    """Note that this one is about to be sent: if nothing settles it, it may have arrived."""
    connection.execute(_begin, {"k": claim.delivery.key, "f": claim.fence})


_release = (
    update(outbox)
    .where(_mine)
    .values(lease=None, attempts=outbox.c.attempts - 1, status=bindparam("was"))
)


def release(connection: Connection, claims: Sequence[Claim]) -> None:
    """Give back what was claimed and not attempted."""
    if claims:
        values = [{"k": c.delivery.key, "f": c.fence, "was": c.status} for c in claims]
        connection.execute(_release, values)


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
    """How many of those wait, at `now` (UTC), for a quiet time to end."""
    still = _is_held(outbox, literal(now, Instant))
    return connection.execute(select(func.count()).select_from(outbox).where(still)).scalar_one()
