"""Names of records, and which records are one procurement. Touches the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select, text, update

from bot.model import Event
from bot.same import Likeness, Names
from bot.store import codec
from bot.store.engine import insert
from bot.store.tables import events, joins, names, outbox

Key = tuple[str, str]  # source, record

# A name that a record has, one that it refers to, one under which its like is looked for.
_OWN, _REFERS, _TRAIT = "=", ">", "?"
_CHUNK = 500


def learn(connection: Connection, found: Mapping[Key, Names]) -> None:
    """Remember the names of records, in turn with every other process that does.

    Two sources that commit the same procurement at once would not see each other's names.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7130442)"))
    rows = [
        {"name": f"{kind}{name}", "source": source, "record": record}
        for (source, record), its in found.items()
        for kind, some in ((_OWN, its.own), (_REFERS, its.refers), (_TRAIT, its.traits))
        for name in some
    ]
    if rows:
        connection.execute(insert(connection, names).on_conflict_do_nothing(), rows)


@dataclass(slots=True)
class Meeting:
    """Other records that share a name with one: `named` certainly, `similar` perhaps."""

    named: dict[Key, str]  # and the name that joins them
    similar: set[Key]


def met(connection: Connection, found: Mapping[Key, Names]) -> dict[Key, Meeting]:
    """For each of these records the others that their names lead to."""
    asked: dict[str, list[Key]] = {}
    for key, its in found.items():
        for name in _looked_for(its):
            asked.setdefault(name, []).append(key)
    meetings: dict[Key, Meeting] = {}
    for name, other in _holders(connection, list(asked)):
        for key in asked[name]:
            if key == other:
                continue
            meeting = meetings.setdefault(key, Meeting({}, set()))
            if name[0] == _TRAIT:
                meeting.similar.add(other)
            else:
                meeting.named.setdefault(other, name[1:])
    return meetings


def _looked_for(its: Names) -> Iterable[str]:
    # Two that refer to a third are not each other's: many tenders follow one planning notice.
    for name in its.own:
        yield _OWN + name
        yield _REFERS + name
    for name in its.refers:
        yield _OWN + name
    for name in its.traits:
        yield _TRAIT + name


def _holders(connection: Connection, asked: list[str]) -> Iterable[tuple[str, Key]]:
    for start in range(0, len(asked), _CHUNK):
        query = select(names).where(names.c.name.in_(asked[start : start + _CHUNK]))
        for name, source, record in connection.execute(query):
            yield name, (source, record)


# ---------------------------------------------------------------- conversations


def of(connection: Connection, key: Key) -> Row[tuple[object, ...]] | None:
    """What joins a record to others; None while it is alone."""
    query = select(joins).where(joins.c.source == key[0], joins.c.record == key[1])
    return connection.execute(query).first()


def members(connection: Connection, key: Key) -> list[Row[tuple[object, ...]]]:
    """Every record of the conversation that this one belongs to, itself included."""
    row = of(connection, key)
    if row is None:
        return []
    query = select(joins).where(joins.c.conversation == row.conversation)
    return list(connection.execute(query.order_by(joins.c.at, joins.c.source, joins.c.record)))


def conversations(connection: Connection, keys: Collection[Key]) -> dict[Key, str]:
    """The conversations that these records belong to; one that is alone has none."""
    found: dict[Key, str] = {}
    wanted = sorted({record for _, record in keys})
    for start in range(0, len(wanted), _CHUNK):
        query = select(joins.c.source, joins.c.record, joins.c.conversation)
        rows = connection.execute(query.where(joins.c.record.in_(wanted[start : start + _CHUNK])))
        found.update(((row.source, row.record), row.conversation) for row in rows)
    return {key: name for key, name in found.items() if key in keys}


def join(
    connection: Connection, new: Key, old: Key, like: Likeness, at: datetime, *, twins: bool
) -> None:
    """Make two records one conversation; `twins` publish the very same, not its next stage."""
    mine, theirs = of(connection, new), of(connection, old)
    name = ":".join(old)
    conversation = theirs.conversation if theirs else name
    twin = theirs.twin if theirs else name
    if theirs is None:
        _write(connection, old, conversation, twin, "", Likeness(1.0, "the first"), at)
    if mine is None:
        own = twin if twins else ":".join(new)
        _write(connection, new, conversation, own, name, like, at)
        return
    if mine.conversation != conversation:
        _rename(connection, "conversation", mine.conversation, conversation)
    if twins and mine.twin != twin:
        _rename(connection, "twin", mine.twin, twin)


def _write(
    connection: Connection,
    key: Key,
    conversation: str,
    twin: str,
    peer: str,
    like: Likeness,
    at: datetime,
) -> None:
    row = {
        "source": key[0],
        "record": key[1],
        "conversation": conversation,
        "twin": twin,
        "peer": peer,
        "why": like.why,
        "confidence": round(like.confidence * 1000),
        "at": at,
    }
    connection.execute(insert(connection, joins).on_conflict_do_nothing(), row)


def _rename(connection: Connection, column: str, was: str, now: str) -> None:
    connection.execute(update(joins).where(joins.c[column] == was).values({column: now}))


def twins(connection: Connection, key: Key) -> list[Key]:
    """The other records that publish the very same."""
    row = of(connection, key)
    if row is None:
        return []
    query = select(joins.c.source, joins.c.record).where(joins.c.twin == row.twin)
    return [(s, r) for s, r in connection.execute(query) if (s, r) != key]


def twin_names(connection: Connection) -> dict[Key, str]:
    """What all records that publish the very same are called together; not those alone."""
    rows = connection.execute(select(joins.c.source, joins.c.record, joins.c.twin))
    return {(row.source, row.record): row.twin for row in rows}


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a twin, and where its delivery to the same recipient stands."""

    event: Event
    sent: bool
    queue: str


def told(connection: Connection, keys: Collection[Key], channel: str, recipient: str) -> list[Told]:
    """What a recipient was told, or is still to be told, of these records, in order."""
    query = (
        select(outbox.c.status, outbox.c.queue, outbox.c.source, outbox.c.record, events.c.body)
        .join(events, events.c.key == outbox.c.event)
        .where(
            events.c.record.in_({record for _, record in keys}),
            outbox.c.channel == channel,
            outbox.c.recipient == recipient,
            outbox.c.status.not_in(("dropped", "gave-up")),
        )
        .order_by(outbox.c.queue)
    )
    return [
        Told(codec.event(row.body), row.status == "sent", row.queue)
        for row in connection.execute(query)
        if (row.source, row.record) in keys
    ]
