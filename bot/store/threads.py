"""Where conversations go on in channels, and which to look at again. Touches the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, select, update

from bot.store import joins
from bot.store.engine import insert
from bot.store.joins import Key
from bot.store.tables import Instant, threads

Thread = Row[tuple[object, ...]]  # of `threads`


def of(
    connection: Connection, channel: str, recipient: str, keys: Collection[Key]
) -> Thread | None:
    """The thread of the procurement of these records; of several the earliest.

    Two that were begun before it was known that they are one go on in the first.
    """
    query = (
        select(threads)
        .where(
            threads.c.channel == channel,
            threads.c.recipient == recipient,
            threads.c.source.in_({source for source, _ in keys}),
            threads.c.record.in_({record for _, record in keys}),
        )
        .order_by(threads.c.since, threads.c.source, threads.c.record)
    )
    rows = connection.execute(query)
    return next((row for row in rows if (row.source, row.record) in keys), None)


def around(connection: Connection, key: Key) -> list[Key]:
    """The records of one procurement, this one first."""
    others = ((row.source, row.record) for row in joins.members(connection, key))
    return [key, *(other for other in others if other != key)]


def begin(
    connection: Connection,
    place: tuple[str, str, Key],
    *,
    name: str,
    root: str,
    delivery: str,
    at: datetime,
    shown: str = "",
    due: datetime | None = None,
) -> None:
    """Note where a record's conversation goes on, at a channel, recipient and record.

    `root` is what the channel answered to its first message, the `delivery` of that key.
    """
    channel, recipient, (source, record) = place
    row = {
        "channel": channel,
        "recipient": recipient,
        "source": source,
        "record": record,
        "name": name,
        "root": root,
        "delivery": delivery,
        "since": at,
        "shown": shown,
        "due": due,
    }
    connection.execute(insert(connection, threads).on_conflict_do_nothing(), row)


def change(connection: Connection, thread: Thread, **values: object) -> None:
    """Change every row of a conversation in its channel: one for each of its records."""
    connection.execute(update(threads).where(*_same(thread)).values(**values))


def looked_at(
    connection: Connection, thread: Thread, *, shown: str, due: datetime | None, now: datetime
) -> None:
    """Note what a taken first message shows by now, and when to look again.

    What was touched meanwhile is due at once, and edited in any case: another process may have
    edited it as well, and nobody knows whose edit came last.
    """
    taken = threads.c.due == thread.due
    mine = update(threads).where(*_same(thread), taken).values(shown=shown, due=due)
    if connection.execute(mine).rowcount:
        change(connection, thread, shown=shown)
    else:
        change(connection, thread, shown="", due=now)


def _same(thread: Thread) -> tuple[ColumnElement[bool], ...]:
    return (
        threads.c.channel == thread.channel,
        threads.c.recipient == thread.recipient,
        threads.c.name == thread.name,
        threads.c.root == thread.root,
    )


# ---------------------------------------------------------------- what is to be looked at


_touch = (
    update(threads)
    .where(
        threads.c.channel == bindparam("c"),
        threads.c.recipient == bindparam("to"),
        threads.c.source == bindparam("s"),
        threads.c.record == bindparam("r"),
        threads.c.root != "",
    )
    .values(due=bindparam("now", type_=Instant))
)


def touch(
    connection: Connection,
    places: Collection[tuple[str, str]],
    records: Iterable[Key],
    now: datetime,
) -> None:
    """Have the first messages of these records looked at, on these channels and recipients."""
    held = [place for place in places if connection.execute(_any, _named(place)).scalar()]
    if not held:
        return
    keys = dict.fromkeys(key for record in records for key in around(connection, record))
    values = [
        _named(place) | {"s": source, "r": record, "now": now}
        for place in held
        for source, record in keys
    ]
    if values:
        connection.execute(_touch, values)


_any = select(
    exists().where(threads.c.channel == bindparam("c"), threads.c.recipient == bindparam("to"))
)


def _named(place: tuple[str, str]) -> dict[str, object]:
    return {"c": place[0], "to": place[1]}


def due(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether any first message of the channel is to be looked at."""
    found = exists().where(threads.c.channel == channel, threads.c.due <= now)
    return bool(connection.execute(select(found)).scalar())


_candidates = (
    select(threads.c.recipient, threads.c.source, threads.c.record)
    .where(threads.c.channel == bindparam("name"), threads.c.due <= bindparam("now"))
    .order_by(threads.c.due)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def take(
    connection: Connection, channel: str, now: datetime, until: datetime, most: int
) -> list[Thread]:
    """Conversations whose first message is to be looked at `now`, each once.

    Nobody else is given them before `until`, and then again if nothing was noted of them.
    """
    found: list[Thread] = []
    rows = connection.execute(_candidates, {"name": channel, "now": now, "most": most}).all()
    for row in rows:
        mine = and_(
            threads.c.channel == channel,
            threads.c.recipient == row.recipient,
            threads.c.source == row.source,
            threads.c.record == row.record,
        )
        thread = connection.execute(select(threads).where(mine)).one()
        if thread.due is None or thread.due > now:
            continue  # another row of one that is taken already
        change(connection, thread, due=until)
        found.append(connection.execute(select(threads).where(mine)).one())
    return found
