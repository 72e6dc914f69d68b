"""Notices as they were read, and the records folded from them. Touches the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnClause,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from bot.contract import Fault
from bot.detect import LIVE
from bot.model import Notice, Record
from bot.store import codec
from bot.store.engine import insert
from bot.store.tables import Instant, aside, notices, records, settings
from bot.store.tables import files as read_files

Pair = tuple[str, str]  # record id, notice id

# Written out, not bound: a partial index is used only for a literal.
_NO: ColumnClause[int] = literal_column("0")
_YES: ColumnClause[int] = literal_column("1")

_known = select(notices.c.record, notices.c.id).where(
    notices.c.source == bindparam("source"), notices.c.id.in_(bindparam("ids", expanding=True))
)
_aside_known = select(aside.c.id).where(
    aside.c.source == bindparam("source"), aside.c.id.in_(bindparam("ids", expanding=True))
)


def known(connection: Connection, source: str, pairs: Collection[Pair]) -> set[Pair]:
    """Which of these notices are stored already."""
    if not pairs:
        return set()
    rows = connection.execute(_known, {"source": source, "ids": [id for _, id in pairs]})
    return {(row[0], row[1]) for row in rows}


def keep(connection: Connection, source: str, found: Iterable[Notice], learned: datetime) -> None:
    """Store notices as read, to be folded when the walk of their window is complete."""
    rows = [
        {
            "source": source,
            "record": notice.record,
            "id": notice.id,
            "published": notice.published,
            "learned": learned,
            "folded": 0,
            "body": codec.dump(notice),
        }
        for notice in found
    ]
    if rows:
        connection.execute(insert(connection, notices).on_conflict_do_nothing(), rows)


def unfolded(connection: Connection, source: str) -> list[tuple[Notice, datetime]]:
    """What was kept and not folded yet, with the time it was learned, in the order of folding."""
    rows = connection.execute(
        select(notices.c.body, notices.c.learned)
        .where(notices.c.source == source, notices.c.folded == _NO)
        .order_by(notices.c.published, notices.c.id)
    )
    return [(codec.notice(body), learned) for body, learned in rows]


def has_unfolded(connection: Connection, source: str) -> bool:
    """Whether anything is kept that is not folded yet."""
    kept = exists().where(notices.c.source == source, notices.c.folded == _NO)
    return bool(connection.execute(select(kept)).scalar())


def newest(connection: Connection, source: str) -> datetime | None:
    """When the latest notice of this source was published; looks at all that is kept of it."""
    latest = select(func.max(notices.c.published)).where(notices.c.source == source)
    return connection.execute(latest).scalar()


def mark_folded(connection: Connection, source: str) -> None:
    """Everything kept of this source is folded now."""
    connection.execute(
        update(notices).where(notices.c.source == source, notices.c.folded == _NO).values(folded=1)
    )


def history(connection: Connection, source: str, record: str) -> list[tuple[Notice, datetime]]:
    """All notices of a process with the time each was learned, in the order of folding."""
    rows = connection.execute(
        select(notices.c.body, notices.c.learned)
        .where(notices.c.source == source, notices.c.record == record, notices.c.folded == _YES)
        .order_by(notices.c.published, notices.c.id)
    )
    return [(codec.notice(body), learned) for body, learned in rows]


def load(
    connection: Connection, source: str, ids: Collection[str], *, lock: bool = False
) -> dict[str, Record]:
    """Those of these records that we hold, by id; `lock` keeps others from writing them."""
    found: dict[str, Record] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):  # well below the drivers' limits of parameters
        query = select(records.c.id, records.c.body).where(
            records.c.source == source, records.c.id.in_(wanted[start : start + 500])
        )
        rows = connection.execute(query.with_for_update() if lock else query)
        found.update((id, codec.record(body)) for id, body in rows)
    return found


def of(connection: Connection, keys: Iterable[tuple[str, str]]) -> list[Record]:
    """The records of these keys (source, id), in their order."""
    return [r for source, id in keys for r in load(connection, source, {id}).values()]


def save(connection: Connection, held: Sequence[tuple[Record, datetime | None]]) -> None:
    """Write records, each with the instant of its next reminder.

    One that is to wake earlier still does: what fell due before it was written is not told yet.
    """
    rows = [
        {
            "source": record.source,
            "id": record.id,
            "wake": wake,
            "live": int(record.status in LIVE),
            "body": codec.dump(record),
        }
        for record, wake in held
    ]
    if rows:
        statement = insert(connection, records)
        new = statement.excluded
        earlier = or_(new.wake.is_(None), records.c.wake < new.wake)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["source", "id"],
                set_={
                    "wake": case((earlier, records.c.wake), else_=new.wake),
                    "live": new.live,
                    "body": new.body,
                },
            ),
            rows,
        )


def awake(
    connection: Connection, now: datetime, limit: int, *, lock: bool = False
) -> list[tuple[Record, datetime]]:
    """Records with a reminder due at `now`, each with since when; the longest due first."""
    query = select(records.c.body, records.c.wake).where(records.c.wake <= now)
    query = query.order_by(records.c.wake).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True) if lock else query)
    return [(codec.record(body), wake) for body, wake in rows]


def set_wake(connection: Connection, wakes: Sequence[tuple[Record, datetime | None]]) -> None:
    """Change only when records wake next."""
    if wakes:
        connection.execute(
            update(records)
            .where(and_(records.c.source == bindparam("s"), records.c.id == bindparam("i")))
            .values(wake=bindparam("w")),
            [{"s": record.source, "i": record.id, "w": wake} for record, wake in wakes],
        )


_late = (
    select(records.c.source, records.c.id)
    .where(records.c.source == bindparam("s"), records.c.id == bindparam("i"))
    .where(or_(records.c.wake.is_(None), records.c.wake > bindparam("w", type_=Instant)))
    .with_for_update(skip_locked=True)
)
_rouse = (
    update(records)
    .where(tuple_(records.c.source, records.c.id).in_(_late))
    .values(wake=bindparam("w", type_=Instant))
)


def rouse(connection: Connection, wakes: Sequence[tuple[Record, datetime | None]]) -> None:
    """Let records wake no later than so. One that another process is writing is left to it."""
    rows = [{"s": r.source, "i": r.id, "w": wake} for r, wake in wakes if wake]
    if rows:
        connection.execute(_rouse, rows)


def live(connection: Connection, source: str | None = None) -> Iterator[Record]:
    """Records neither called off nor awarded, of one source or of all."""
    query = select(records.c.body).where(records.c.live == _YES)
    if source is not None:
        query = query.where(records.c.source == source)
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield codec.record(row[0])


def settled(connection: Connection) -> Iterator[Record]:
    """Records called off, awarded or ended; many, so they are not held all at once."""
    query = select(records.c.body).where(records.c.live == _NO)
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield codec.record(row[0])


def called_off(connection: Connection) -> Iterator[Record]:
    """Records that were cancelled, of all sources."""
    # Found by their text: of what is settled most was awarded, and need not be read.
    query = select(records.c.body).where(records.c.live == _NO)
    query = query.where(records.c.body.contains('"status":"cancelled"', autoescape=True))
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield codec.record(row[0])


def find(connection: Connection, name: str) -> list[Pair]:
    """(source, record) of every process that has this ocid or this notice id."""
    by_record = select(records.c.source, records.c.id).where(records.c.id == name)
    by_notice = select(notices.c.source, notices.c.record).where(
        notices.c.id == name, notices.c.folded == _YES
    )
    rows = connection.execute(by_record.union(by_notice)).all()
    return sorted((row[0], row[1]) for row in rows)


def set_aside(connection: Connection, source: str, faults: Sequence[Fault], at: datetime) -> int:
    """Keep what could not be read; how many of these were not known before."""
    ids = [fault.id for fault in faults]
    old = {row[0] for row in connection.execute(_aside_known, {"source": source, "ids": ids})}
    rows = {
        fault.id: {"source": source, "id": fault.id, "at": at, "why": fault.why, "raw": fault.raw}
        for fault in faults
        if fault.id not in old
    }
    if rows:
        statement = insert(connection, aside).on_conflict_do_nothing()
        connection.execute(statement, list(rows.values()))
    return len(rows)


def aside_count(connection: Connection, source: str) -> int:
    """How many pieces of this source are set aside."""
    return connection.execute(
        select(func.count()).select_from(aside).where(aside.c.source == source)
    ).scalar_one()


def files(connection: Connection, source: str) -> dict[str, tuple[str, str]]:
    """Stamp and digest of each file that this source was read from, by name."""
    query = select(read_files.c.name, read_files.c.stamp, read_files.c.digest)
    rows = connection.execute(query.where(read_files.c.source == source))
    return {row[0]: (row[1], row[2]) for row in rows}


def remember_file(
    connection: Connection, source: str, name: str, stamp: str, digest: str, at: datetime
) -> None:
    """A file was read, or refused, as it stood at this instant."""
    statement = insert(connection, read_files)
    said = {"stamp": stamp, "digest": digest, "at": at}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source", "name"], set_=said),
        {"source": source, "name": name} | said,
    )


def setting(connection: Connection, name: str) -> str | None:
    """A remembered fact about the database as a whole."""
    return connection.execute(select(settings.c.value).where(settings.c.name == name)).scalar()


def set_setting(connection: Connection, name: str, value: str) -> None:
    """Remember it."""
    statement = insert(connection, settings)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}
        ),
        {"name": name, "value": value},
    )


def find_like(connection: Connection, name: str) -> list[Pair]:
    """As `find`, for the part of a notice id that its page's address carries."""
    if len(name) < 6:
        return []
    upper = name + "\U0010ffff"
    query = select(notices.c.source, notices.c.record).where(
        notices.c.id >= name, notices.c.id < upper, notices.c.folded == _YES
    )
    return sorted({(row[0], row[1]) for row in connection.execute(query)})
