"""Deliveries claimed, alone or with others that are told in one message. Touches the database.

One message tells several deliveries in two cases. Awards of one procurement that wait together
go together: whoever claims the first has those that follow it as well. And what waits for one
digest is claimed as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from bot.model import Event
from bot.slots import MORE
from bot.store import codec
from bot.store.claims import ALONE, CHUNK, REQUESTED, Claim
from bot.store.deliveries import delivery
from bot.store.tables import Instant, events, is_owed, outbox

# So many awards at most are told in one message; a framework has had 180 in a day.
AWARDS = 200

_Row = Row[tuple[Any, ...]]


_earlier = outbox.alias("earlier")
# One procurement's messages reach a recipient in order: the first that is owed goes first. What
# waits for a digest has a time of its own.
_first = ~exists().where(
    _earlier.c.record == outbox.c.record,
    _earlier.c.channel == outbox.c.channel,
    _earlier.c.recipient == outbox.c.recipient,
    _earlier.c.queue < outbox.c.queue,
    is_owed(_earlier),
    outbox.c.record != "",
    _earlier.c.digest == "",
)
# Its time has come, and nobody else works on it.
_free = and_(
    is_owed(outbox),
    outbox.c.due <= bindparam("now", type_=Instant),
    or_(
        outbox.c.lease.is_(None),
        outbox.c.lease < bindparam("real", type_=Instant),
        outbox.c.lease > bindparam("absurd", type_=Instant),
        # Of a round of ours that failed so hard that it could not give them back.
        outbox.c.owner == bindparam("owner"),
    ),
)
_taken = {
    "lease": bindparam("until", type_=Instant),
    "owner": bindparam("owner"),
    "attempts": outbox.c.attempts + 1,
    "fence": outbox.c.fence + 1,
}
_candidates = (
    select(outbox.c.key)
    .where(outbox.c.channel == bindparam("name"), _free, outbox.c.digest == "", _first)
    .order_by(outbox.c.queue)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_alone_now = select(
    exists().where(outbox.c.channel == bindparam("name"), _free, outbox.c.digest == "", _first)
)
_claim = (
    update(outbox)
    .where(outbox.c.key.in_(_candidates.scalar_subquery()))
    .values(_taken)
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

    At most so many messages, each with all that it tells; a digest, however much it tells, comes
    by itself, once nothing else is due. A lease far in the future comes from a clock that was
    wrong; it holds nobody up. An owner works on a channel in one place at a time.
    """
    given = _given(channel, now, real, lease, owner)
    rows = connection.execute(_claim, given | {"most": most}).all()
    if not rows:
        return _digest(connection, given)
    claims = _claims(connection, rows)
    found = [*claims]
    for head in claims:
        if head.event.name == "awarded" and head.event.record and not head.alone:
            found += _companions(connection, head, given)
    return sorted(found, key=lambda claim: claim.queue)


def _given(
    channel: str, now: datetime, real: datetime, lease: timedelta, owner: str
) -> dict[str, object]:
    return {
        "name": channel,
        "now": now,
        "real": real,
        "until": real + lease,
        "absurd": real + 2 * lease,
        "owner": owner,
    }


def claimable(
    connection: Connection,
    channel: str,
    *,
    now: datetime,
    real: datetime,
    lease: timedelta,
    owner: str,
) -> bool:
    """Whether `claim` would find anything; what waits behind another, or is in work, is none."""
    given = _given(channel, now, real, lease, owner)
    return any(connection.execute(query, given).scalar() for query in (_alone_now, _gathered_now))


def _claims(
    connection: Connection, rows: Iterable[_Row], digests: Mapping[str, str] | None = None
) -> list[Claim]:
    rows = sorted(rows, key=lambda row: row.queue)
    wanted = list(dict.fromkeys(row.event for row in rows))
    by_key: dict[str, Event] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = events.c.key.in_(wanted[start : start + CHUNK])
        bodies = connection.execute(select(events.c.key, events.c.body).where(chunk))
        by_key.update((key, codec.event(body)) for key, body in bodies)
    names = digests or {}
    return [_claimed(row, by_key[row.event], names.get(row.key, row.digest)) for row in rows]


def _claimed(row: _Row, event: Event, digest: str) -> Claim:
    return Claim(
        delivery=replace(delivery(row), digest=digest),
        event=event,
        attempts=row.attempts,
        first_due=row.first_due,
        fence=row.fence,
        status=row.status,
        queue=row.queue,
        asked_for=row.why == REQUESTED,
        alone=row.why == REQUESTED or row.why.startswith(ALONE),
    )


# ---------------------------------------------------------------- awards told together

_following = (
    select(outbox, events.c.body, _free.label("free"))
    .join(events, events.c.key == outbox.c.event)
    .where(
        outbox.c.record == bindparam("record"),
        outbox.c.channel == bindparam("name"),
        outbox.c.recipient == bindparam("to"),
        outbox.c.queue > bindparam("after"),
        outbox.c.digest == "",
        is_owed(outbox),
    )
    .order_by(outbox.c.queue)
    .limit(AWARDS - 1)
)
_join = (
    update(outbox)
    .where(outbox.c.key.in_(bindparam("keys", expanding=True)), _free)
    .values(_taken)
    .returning(outbox)
)


def _companions(connection: Connection, head: Claim, given: Mapping[str, object]) -> list[Claim]:
    """The awards of the same record that wait right behind one, ours as well.

    Another event between them tells another story of what comes after it. What may have arrived
    is sent again as it was: with no award that came later, nor without one that was in it.
    """
    record = head.event.record
    assert record is not None
    place = {"record": record.id, "to": head.delivery.recipient, "after": head.queue}
    rows = connection.execute(_following, {**given, **place})

    def joins(row: _Row) -> bool:
        known = row.free and row.source == head.event.source
        doubt = (row.status == "unknown") == head.repeat
        if not (known and doubt) or row.why == REQUESTED or row.why.startswith(ALONE):
            return False
        return codec.event(row.body).name == "awarded"

    keys = [row.key for row in takewhile(joins, rows.all())]
    if not keys:
        return []
    return _claims(connection, connection.execute(_join, {**given, "keys": keys}).all())


# ---------------------------------------------------------------- a digest, as a whole

# Written out: the index of digests is used only where the literal says that there is one.
_waits = outbox.c.digest != literal_column("''")
_next_digest = (
    select(outbox.c.digest)
    .where(outbox.c.channel == bindparam("name"), _free, _waits)
    .order_by(outbox.c.queue)
    .limit(1)
)
_gathered_now = select(exists().where(outbox.c.channel == bindparam("name"), _free, _waits))
_claim_digest = (
    update(outbox)
    .where(
        outbox.c.digest == bindparam("wanted"),
        _waits,
        outbox.c.channel == bindparam("name"),
        _free,
    )
    .values(_taken)
    .returning(outbox)
)
# It was sent, may have been, or is just being sent, without those of this claim.
_begun = exists().where(
    outbox.c.digest == bindparam("wanted"),
    _waits,
    or_(
        outbox.c.status.in_(("sent", "unknown")),
        and_(outbox.c.lease.is_not(None), outbox.c.owner != bindparam("owner")),
    ),
)
_rename = update(outbox).where(outbox.c.key == bindparam("k")).values(digest=bindparam("as"))


def _digest(connection: Connection, given: Mapping[str, object]) -> list[Claim]:
    """All that waits for the digest that is due next; empty when none is."""
    while name := connection.execute(_next_digest, given).scalar():
        rows = connection.execute(_claim_digest, {**given, "wanted": name}).all()
        if rows:
            return _claims(connection, rows, _late(connection, name, rows, given))
        # Another process was faster; nothing of this one is free any more.
    return []


def _late(
    connection: Connection, name: str, rows: Sequence[_Row], given: Mapping[str, object]
) -> dict[str, str]:
    """What came too late for its digest makes one of its own, called so for ever: key to name.

    A message that may have arrived, or has, must not stand for what was not in it.
    """
    fresh = [row.key for row in rows if row.status != "unknown"]
    if not fresh:
        return {}
    apart = len(fresh) < len(rows)
    if not apart and not connection.execute(select(_begun), {**given, "wanted": name}).scalar():
        return {}
    other = f"{name}{MORE}"
    while connection.execute(select(_begun), {**given, "wanted": other}).scalar():
        other += MORE
    connection.execute(_rename, [{"k": key, "as": other} for key in fresh])
    return dict.fromkeys(fresh, other)
