"""Digests at their slots: missed ones made up once, empty ones said. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.model import Event
from bot.plan import Reader
from bot.render.digest import Digest
from bot.retry import Dropped, Outcome
from bot.setup import Setup
from bot.slots import MORE, rhythm_of
from bot.stake import waits
from bot.store import digests, outbox, process
from bot.store.engine import reading
from bot.wants import Delivery, Match
from bot.when import iso

NOTHING = "nothing new"


def close(setup: Setup, channel: str, now: datetime) -> None:
    """See to every slot of a channel that has come by `now` (UTC), before anything is sent.

    What waits for slots that were missed goes out with the latest, as one digest that covers them
    all. What was planned for a digest just when it went out waits for the next. Where nothing waits
    and it is wanted, a digest says so. A rhythm that is seen for the first time begins now.
    """
    readers = setup.planner.readers(channel)
    if not readers:
        return
    names = {reader: reader.slots.prefix(channel, reader.recipient) for reader in readers}
    with reading(setup.engine) as connection:
        last = digests.closed(connection, names.values())
        ripe = digests.ripe(connection, channel, now)
    for reader, name in names.items():
        slot, mine = reader.slots.until(now), {key for key in ripe if key.startswith(name)}
        before = last.get(name)
        if before == slot and not mine:
            continue
        with setup.engine.begin() as connection:
            _gather(connection, reader, channel, slot, before, mine, now)
            if before != slot:
                if before and before < slot:
                    _say_so(connection, reader, channel, slot)
                process.set_setting(connection, name, iso(slot))


def _gather(
    connection: Connection,
    reader: Reader,
    channel: str,
    slot: datetime,
    before: datetime | None,
    ripe: set[str],
    now: datetime,
) -> None:
    """Bring what is due together in the digest of the slot; once that is begun, in the next."""
    slots = reader.slots
    key = slots.key(channel, reader.recipient, slot)
    target, due = key, slot
    # Of a slot that is still ahead: quiet time or zone have changed since it was planned.
    ahead = bool(ripe) and all(slots.slot(old) > slot for old in ripe)
    if ahead or digests.begun(connection, key):
        due = slots.after(now)
        target = slots.key(channel, reader.recipient, due)
    moved = digests.untried(connection, ripe - {target})
    alone = {delivery for delivery, _, event in moved if due > now and not waits(event, now, due)}
    digests.move(connection, alone, "", now)
    digests.move(connection, (d for d, _, _ in moved if d not in alone), target, due)
    # Of what was still there to be moved: another process may have sent the rest by now.
    starts = [slots.window(slots.slot(old))[0] for old in {old for _, old, _ in moved} - {key}]
    if before and target == key:
        starts.append(before)
    start = min(starts, default=slot)
    if start < slots.window(due)[0]:
        process.set_setting(connection, target, iso(start))


def _say_so(connection: Connection, reader: Reader, channel: str, slot: datetime) -> None:
    """Queue a digest of nothing, where that is wanted and nothing is there."""
    key = reader.slots.key(channel, reader.recipient, slot)
    if reader.empty and not digests.known(connection, key):
        _queue_nothing(connection, reader, channel, key, slot)


def emptied(
    connection: Connection, setup: Setup, delivery: Delivery, outcomes: Iterable[Outcome]
) -> None:
    """Queue a digest of nothing, where that is wanted and all that it had was dropped.

    Muted, told by another portal, true no more. `delivery` is one of that digest.
    """
    key, channel = delivery.digest, delivery.channel
    if not key or not all(isinstance(outcome, Dropped) for outcome in outcomes):
        return
    if key.endswith(MORE):
        return  # what came too late for one that told something
    for reader in setup.planner.readers(channel):
        mine = key.startswith(reader.slots.prefix(channel, reader.recipient))
        if mine and reader.empty and not digests.told(connection, key):
            _queue_nothing(connection, reader, channel, key, reader.slots.slot(key))


def _queue_nothing(
    connection: Connection, reader: Reader, channel: str, key: str, slot: datetime
) -> None:
    event = Event(key=key, name="digest", source="", at=slot)
    delivery = Delivery(
        key=f"{key}>{channel}>{reader.recipient}",
        event=key,
        channel=channel,
        recipient=reader.recipient,
        matches=tuple(Match(name, NOTHING) for name in reader.empty),
        due=slot,
        digest=key,
    )
    outbox.queue(connection, [event], [delivery])


def digest(
    setup: Setup,
    key: str,
    channel: str,
    recipient: str,
    entries: Sequence[tuple[Event, Delivery]],
    conversations: Mapping[str, str] | None = None,
) -> Digest:
    """The digest of this key, with the window that it covers; entries as they are to be told.

    `conversations` names those of records (by key) that are told together.
    """
    slots = setup.planner.times.slots(channel, rhythm_of(key))
    start, end = slots.window(slots.slot(key))
    with reading(setup.engine) as connection:
        stored = process.setting(connection, key)
    held = datetime.fromisoformat(stored) if stored else start
    return Digest(
        key=key,
        channel=channel,
        recipient=recipient,
        start=min(start, held),
        end=end,
        entries=entries,
        made_up=held < start,
        conversations=conversations or {},
    )
