"""What the notices that were read come to: records, events, deliveries. Touches the database."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.detect import reminders, told, wake
from bot.fold import fold, order, refold
from bot.model import Event, Notice, Record
from bot.setup import Setup
from bot.store import outbox, process
from bot.store.engine import reading

# Reminders planned in one transaction.
BATCH = 500


def fold_kept(connection: Connection, setup: Setup, source: str, now: datetime) -> list[Event]:
    """Fold what was kept of a source and not folded yet; what is worth saying of it, in order."""
    pairs = process.unfolded(connection, source)
    held = process.load(connection, source, {notice.record for notice, _ in pairs}, lock=True)
    batch: dict[str, list[tuple[Notice, datetime]]] = defaultdict(list)
    happened: list[Event] = []
    for notice, learned in pairs:
        before = held.get(notice.record)
        if before and order(notice) < (before.published, before.notice):
            past = process.history(connection, source, notice.record)
            after = refold([*past, *batch[notice.record], (notice, learned)], source=source)
            assert after is not None
            event = _belated(before, after, notice)
        else:
            after = fold(before, notice, source=source, learned=learned)
            event = told(before, after, notice)
        batch[notice.record].append((notice, learned))
        held[notice.record] = after
        if event:
            happened.append(event)
    process.save(connection, [(r, wake(r, now, setup.planner.leads)) for r in held.values()])
    process.mark_folded(connection, source)
    return happened


def _belated(before: Record, after: Record, notice: Notice) -> Event | None:
    """A notice older than what was folded is told only if the present state changes by it."""
    if (before.facts, before.status, before.stage) == (after.facts, after.status, after.stage):
        return None
    if after.status == "cancelled" == before.status:
        return None
    return told(None if not before.whole and notice.restates else before, after, notice)


# ---------------------------------------------------------------- passing time


def remind(setup: Setup, now: datetime) -> int:
    """Plan every reminder due at `now` (UTC); how many deliveries were queued."""
    queued = 0
    while True:
        with reading(setup.engine) as connection:
            if not process.awake(connection, now, 1):
                return queued
        with setup.engine.begin() as connection:
            records = process.awake(connection, now, BATCH, lock=True)
            happened = [e for r in records for e in reminders(r, now, setup.planner.leads)]
            happened.sort(key=lambda event: (event.at, event.key))
            planned = setup.planner.plan(happened, now)
            queued += len(outbox.queue(connection, happened, planned))
            later = now + timedelta(microseconds=1)
            wakes = [(r, wake(r, later, setup.planner.leads)) for r in records]
            process.set_wake(connection, wakes)
