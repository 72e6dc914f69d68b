"""Deliveries that wait for a digest, and which digests were closed. Touches the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select, update

from bot.model import Event
from bot.store import codec
from bot.store.tables import Instant, events, outbox, settings, text

# Written out, not bound: the partial index of digests is used only for a literal.
_gathered: ColumnElement[bool] = outbox.c.digest != literal("", literal_execute=True)
_untried = and_(_gathered, outbox.c.status == "waiting", outbox.c.attempts == 0)


def closed(connection: Connection, names: Collection[str]) -> dict[str, datetime]:
    """The last slot that was seen to of each of these rhythms (UTC), by its name."""
    query = select(settings.c.name, settings.c.value).where(settings.c.name.in_(names))
    return {name: datetime.fromisoformat(value) for name, value in connection.execute(query)}


def ripe(connection: Connection, channel: str, now: datetime) -> set[str]:
    """The digests of a channel, by key, of which something is due at `now` that was not tried."""
    query = select(outbox.c.digest).distinct()
    query = query.where(_untried, outbox.c.channel == channel, outbox.c.due <= now)
    return {row[0] for row in connection.execute(query)}


def begun(connection: Connection, key: str) -> bool:
    """Whether any of a digest was tried or settled: what joins it now would be told apart."""
    tried = or_(outbox.c.status != "waiting", outbox.c.attempts > 0)
    query = select(exists().where(_gathered, outbox.c.digest == key, tried))
    return bool(connection.execute(query).scalar())


def known(connection: Connection, key: str) -> bool:
    """Whether there is any delivery of a digest, whatever became of it."""
    return bool(
        connection.execute(select(exists().where(_gathered, outbox.c.digest == key))).scalar()
    )


def told(connection: Connection, key: str) -> bool:
    """Whether there is any delivery of a digest that was not dropped, so that it says something."""
    query = exists().where(_gathered, outbox.c.digest == key, outbox.c.status != "dropped")
    return bool(connection.execute(select(query)).scalar())


def untried(connection: Connection, keys: Collection[str]) -> list[tuple[str, str, Event]]:
    """What of these digests was not tried yet: each delivery, its digest, and what it tells."""
    query = select(outbox.c.key, outbox.c.digest, events.c.body)
    query = query.join(events, events.c.key == outbox.c.event)
    query = query.where(_untried, outbox.c.digest.in_(keys))
    return [(key, digest, codec.event(body)) for key, digest, body in connection.execute(query)]


def move(connection: Connection, deliveries: Iterable[str], digest: str, due: datetime) -> None:
    """Let deliveries go out with another digest, or alone where that is ""; due then (UTC)."""
    keys, stamp = list(deliveries), text(due)
    for start in range(0, len(keys), 500):
        connection.execute(
            update(outbox)
            .where(_untried, outbox.c.key.in_(keys[start : start + 500]))
            .values(
                digest=digest,
                due=due,
                first_due=due,
                # The place in the queue begins with the time, all of one length.
                queue=literal(stamp) + func.substr(outbox.c.queue, len(stamp) + 1),
            )
        )


def waiting(connection: Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """By channel: how many deliveries wait, at `now` (UTC), for a slot, and when the next is."""
    ahead = outbox.c.due > literal(now, Instant)
    query = select(outbox.c.channel, func.count(), func.min(outbox.c.due)).group_by(
        outbox.c.channel
    )
    rows = connection.execute(query.where(_gathered, ahead, outbox.c.status == "waiting"))
    return {channel: (count, due) for channel, count, due in rows}
