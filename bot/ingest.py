"""What the notices that were read come to: records, events, deliveries. Touches the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.choice import Followed
from bot.detect import LIVE, told, wake
from bot.fold import fold, order, refold
from bot.model import Event, Notice, Record
from bot.same import Likeness, best, names
from bot.setup import Setup
from bot.store import choices, joins, outbox, process, threads
from bot.store.engine import reading
from bot.store.joins import Key
from bot.story import belated

# Reminders planned in one transaction.
BATCH = 500
# More that are similar in one source are call-offs or a series, of which none can be told apart.
CROWD = 20


def fold_kept(
    connection: Connection, setup: Setup, source: str, now: datetime
) -> tuple[list[Event], Followed]:
    """Fold what was kept of a source and not folded yet.

    What is worth saying of it, in order, and what is followed now that it is joined.
    """
    pairs = process.unfolded(connection, source)
    stored = process.load(connection, source, {notice.record for notice, _ in pairs}, lock=True)
    held = dict(stored)
    batch: dict[str, list[tuple[Notice, datetime]]] = defaultdict(list)
    happened: list[Event] = []
    for notice, learned in pairs:
        before = held.get(notice.record)
        if before and order(notice) < (before.published, before.notice):
            past = process.history(connection, source, notice.record)
            after = refold([*past, *batch[notice.record], (notice, learned)], source=source)
            assert after is not None
            event = belated(before, after, notice)
        else:
            after = fold(before, notice, source=source, learned=learned)
            event = told(before, after, notice)
        batch[notice.record].append((notice, learned))
        held[notice.record] = after
        if event:
            happened.append(event)
    wakes = []
    for id, record in held.items():
        since = min(now, *_learned(record, stored.get(id), batch[id]))
        wakes.append((record, setup.planner.wake(record, since)))
    process.save(connection, wakes)
    process.mark_folded(connection, source)
    _meet(connection, source, held, batch, now)
    threads.touch(connection, setup.conversing, ((source, id) for id in held), now)
    followed = choices.followed(connection)
    if followed:
        _rouse(connection, setup, source, held, followed, now)
    return happened, followed


def _rouse(
    connection: Connection,
    setup: Setup,
    source: str,
    held: Mapping[str, Record],
    followed: Followed,
    now: datetime,
) -> None:
    """Let what is followed wake for it: what was folded, and what that has just been joined to."""
    keys = choices.around([(source, id) for id in held], followed)
    records = [
        record
        for name, id in sorted(keys)
        for record in process.load(connection, name, {id}).values()
    ]
    leads, quiets = setup.planner.followers, setup.planner.quiets
    process.rouse(connection, [(record, wake(record, now, leads, quiets)) for record in records])


def _learned(
    record: Record, before: Record | None, news: Sequence[tuple[Notice, datetime]]
) -> Iterable[datetime]:
    """Since when leads of this record may have been crossed that nobody looked at yet.

    Those that were crossed while it was called off count once it is launched again.
    """
    yield from (learned for _, learned in news)
    if before and before.status not in LIVE:
        yield from (d.learned for d in record.facts.deadlines if d.learned)


# ---------------------------------------------------------------- on several portals


def _meet(
    connection: Connection,
    source: str,
    held: Mapping[str, Record],
    batch: Mapping[str, list[tuple[Notice, datetime]]],
    now: datetime,
) -> None:
    """Join what was folded to the records of other portals, or of this one, that are the same."""
    found = {
        (source, id): names(record, [notice for notice, _ in batch[id]])
        for id, record in held.items()
    }
    joins.learn(connection, found)
    for key, meeting in joins.met(connection, found).items():
        for other, name in meeting.named.items():
            like = Likeness(1.0, f"both are named {name}")
            joins.join(connection, key, other, like, now, twins=_may_twin(connection, key, other))
        _seek(connection, held[key[1]], meeting.similar - meeting.named.keys(), now)


def _seek(connection: Connection, record: Record, similar: set[Key], now: datetime) -> None:
    """Join a record that nothing names to its like, in each source that has just one."""
    key = (record.source, record.id)
    by_source: dict[str, set[str]] = defaultdict(set)
    for source, id in similar - set(joins.twins(connection, key)):
        by_source[source].add(id)
    for source, ids in sorted(by_source.items()):
        if len(ids) > CROWD:
            continue
        likely = best(record, process.load(connection, source, ids).values())
        if likely:
            other = (likely[0].source, likely[0].id)
            joins.join(connection, key, other, likely[1], now, twins=True)


def _may_twin(connection: Connection, key: Key, other: Key) -> bool:
    """Whether a reference means the very same: a portal publishes a procurement once.

    Of one portal it means an earlier stage; and a second record of a portal that refers to one of
    another portal, as lots do that follow one planning notice, is something else than the first.
    """
    mine = {other, *joins.twins(connection, other)}
    return key[0] not in {source for source, _ in mine - {key}}


# ---------------------------------------------------------------- passing time


def remind(setup: Setup, now: datetime) -> int:
    """Plan every reminder due at `now` (UTC); how many deliveries were queued."""
    planner, queued = setup.planner, 0
    while True:
        with reading(setup.engine) as connection:
            if not process.awake(connection, now, 1):
                return queued
        with setup.engine.begin() as connection:
            records = process.awake(connection, now, BATCH, lock=True)
            followed = choices.followed(connection)
            happened = [
                e for r, since in records for e in planner.reminders(r, now, since, followed)
            ]
            happened.sort(key=lambda event: (event.at, event.key))
            planned = planner.plan(happened, now, followed)
            queued += len(outbox.queue(connection, happened, planned))
            later = now + timedelta(microseconds=1)
            wakes = [(r, planner.wake(r, later, followed)) for r, _ in records]
            process.set_wake(connection, wakes)
