"""What is followed and what is muted, for whoever plans and sends. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, select, union

from bot.choice import Follow, Followed, Key, Mute, concerning
from bot.detect import Leads, wake
from bot.match import words
from bot.model import Record
from bot.store import process
from bot.store.engine import insert
from bot.store.tables import follows, joins, mutes

_mine, _theirs = joins.alias("mine"), joins.alias("theirs")

# Every record of every procurement that is followed. It starts from what is followed, which is
# little: the indexes do the rest, and where nothing is followed it costs nothing.
_followed = (
    select(
        func.coalesce(_theirs.c.source, follows.c.source),
        func.coalesce(_theirs.c.record, follows.c.record),
        follows,
    )
    .outerjoin(
        _mine, and_(_mine.c.source == follows.c.source, _mine.c.record == follows.c.record)
    )
    .outerjoin(_theirs, _theirs.c.conversation == _mine.c.conversation)
    .order_by(follows.c.since)
)  # fmt: skip

# The mutes of one record, of all that it is joined to, and of buyers, which stand at no record.
_muted = union(
    select(mutes).where(mutes.c.source == bindparam("s"), mutes.c.record == bindparam("r")),
    select(mutes).where(mutes.c.source == "", mutes.c.record == ""),
    select(mutes)
    .join(_theirs, and_(_theirs.c.source == mutes.c.source, _theirs.c.record == mutes.c.record))
    .join(_mine, _mine.c.conversation == _theirs.c.conversation)
    .where(_mine.c.source == bindparam("s"), _mine.c.record == bindparam("r")),
)


# ---------------------------------------------------------------- asked by whoever plans and sends


def followed(connection: Connection) -> Followed:
    """Who follows each record, all that it is joined to included; since when, the earliest."""
    found: dict[Key, dict[str, Follow]] = {}
    for source, record, *rest in connection.execute(_followed):
        follow = Follow((rest[0], rest[1]), rest[2], rest[3])
        found.setdefault((source, record), {}).setdefault(follow.channel, follow)
    return {key: tuple(its.values()) for key, its in found.items()}


def around(keys: Iterable[Key], held: Followed) -> set[Key]:
    """Every record of the followed procurements to which any of these records belongs."""
    touched = {follow for key in keys for follow in held.get(key, ())}
    return {key for key, its in held.items() if not touched.isdisjoint(its)}


def muted(connection: Connection, key: Key) -> list[Mute]:
    """The mutes of a record's procurement, and those of every buyer; ended ones too."""
    return [_mute(row) for row in connection.execute(_muted, {"s": key[0], "r": key[1]})]


def audible(connection: Connection, records: Sequence[Record], now: datetime) -> list[Record]:
    """Those of these records that are not muted at `now` (UTC).

    As of a message: a follow beats a mute of the buyer, and a mute of the procurement before it.
    """
    if not all_muted(connection):
        return list(records)
    held = followed(connection)
    return [one for one in records if not _silent(connection, one, now, held)]


def _silent(connection: Connection, record: Record, now: datetime, held: Followed) -> bool:
    key = (record.source, record.id)
    mutes = concerning(muted(connection, key), [record], now)
    since = max((follow.since for follow in held.get(key, ())), default=None)
    return any(since is None or (mute.record and mute.since >= since) for mute in mutes)


def _mute(row: Row[tuple[object, ...]]) -> Mute:
    return Mute(
        record=(row.source, row.record) if row.source else None,
        buyer=row.buyer,
        since=row.since,
        until=row.until,
        why=row.why,
        all=bool(row.whole),
    )


# ---------------------------------------------------------------- chosen


def all_followed(connection: Connection) -> list[Follow]:
    """Every follow as it was given, the first one first."""
    rows = connection.execute(select(follows).order_by(follows.c.since))
    return [Follow((row.source, row.record), row.channel, row.since) for row in rows]


def all_muted(connection: Connection) -> list[Mute]:
    """Every mute as it was given, the first one first; ended ones too."""
    return [_mute(row) for row in connection.execute(select(mutes).order_by(mutes.c.since))]


def follow(
    connection: Connection, keys: Sequence[Key], channel: str, at: datetime, leads: Leads
) -> datetime:
    """Follow the procurement of these records on a channel; since when it is followed (UTC).

    The records wake for these leads as well, from `at` on.
    """
    held = [
        r for s, i in sorted(keys) for r in process.load(connection, s, {i}, lock=True).values()
    ]
    process.rouse(connection, [(record, wake(record, at, leads)) for record in held])
    for one in followed(connection).get(keys[0], ()):
        if one.channel == channel:
            return one.since
    row = {"source": keys[0][0], "record": keys[0][1], "channel": channel, "since": at}
    connection.execute(insert(connection, follows).on_conflict_do_nothing(), row)
    return at


def unfollow(connection: Connection, keys: Sequence[Key]) -> list[str]:
    """Follow the procurement of these records no more; the channels that did."""
    ended: list[str] = []
    for source, record in keys:
        these = follows.c.source == source, follows.c.record == record
        ended += connection.execute(
            delete(follows).where(*these).returning(follows.c.channel)
        ).scalars()
    return sorted(set(ended))


def mute(connection: Connection, given: Mute, keys: Sequence[Key] = ()) -> None:
    """Mute a buyer, or the procurement of these records, in place of what was said of it before.

    What has ended by then is forgotten.
    """
    connection.execute(delete(mutes).where(mutes.c.until <= given.since))
    if given.record is None:
        unmute_buyer(connection, given.buyer)
    else:
        unmute(connection, keys)
    source, record = given.record or ("", "")
    said = {
        "since": given.since,
        "until": given.until,
        "why": given.why,
        "whole": int(given.all),
    }
    statement = insert(connection, mutes).on_conflict_do_update(
        index_elements=["source", "record", "buyer"], set_=said
    )
    connection.execute(statement, {"source": source, "record": record, "buyer": given.buyer} | said)


def unmute(connection: Connection, keys: Sequence[Key]) -> list[Mute]:
    """End the mutes of the procurement of these records; what they were."""
    return [
        one
        for source, record in keys
        for one in _end(connection, mutes.c.source == source, mutes.c.record == record)
    ]


def unmute_buyer(connection: Connection, name: str) -> list[Mute]:
    """End the mute of a buyer, however the name is spelt; what it was."""
    wanted = words.name(name).folded
    return [
        one
        for each in all_muted(connection)
        if each.record is None and words.name(each.buyer).folded == wanted
        for one in _end(connection, mutes.c.source == "", mutes.c.buyer == each.buyer)
    ]


def _end(connection: Connection, *these: ColumnElement[bool]) -> list[Mute]:
    rows = connection.execute(delete(mutes).where(*these).returning(mutes))
    return [_mute(row) for row in rows]
