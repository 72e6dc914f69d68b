"""Deadlines as calendar entries: files for a mail, a feed for a subscription (RFC 5545). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.calendar.entries import VERBS, Entry, day, entries
from bot.calendar.ical import block, feed_of, file, sequence
from bot.contract import Attachment
from bot.model import Change, Deadline, DeadlineKind, Event, Record

__all__ = ["Entry", "attachments", "block", "entries", "feed", "feed_of", "sequence"]

# So many files go with one message; what comes after them is in one file more.
FILES = 10
_DATE = len("2026-06-19")


def attachments(
    event: Event, record: Record, now: datetime, zone: ZoneInfo
) -> tuple[Attachment, ...]:
    """The calendar files that go with an event, one a deadline; `now` is UTC.

    Of a new notice all deadlines that are ahead; of an amendment those of each kind that it
    changes; of a reminder its own. What is called off or stated no more is taken back (CANCEL).
    """
    standing = entries(record, now)
    told = [entry for entry in standing if not entry.off and _tells(event, entry)]
    gone: list[Entry] = []
    if event.name == "cancelled":
        gone = [entry for entry in standing if entry.off]
    elif event.name == "awarded":
        # Before its date: nobody can bid any more.
        gone = entries(replace(record, stage="tender", status="cancelled"), now)
    elif event.name == "amended":
        gone = [*_closed(event, standing), *_withdrawn(event, record, now, standing)]
    return (*_files(told, "PUBLISH", now, zone), *_files(gone, "CANCEL", now, zone))


def feed(name: str, records: Iterable[Record], now: datetime, zone: ZoneInfo) -> bytes:
    """All that is ahead at `now` (UTC) for the records of a subscription, as one calendar.

    The same records give the same bytes. What was called off stays, marked, until its date.
    """
    found = [entry for record in records for entry in entries(record, now)]
    found.sort(key=lambda entry: (entry.deadline.at, entry.uid))
    return feed_of(name, (block(entry, zone) for entry in found))


def _tells(event: Event, entry: Entry) -> bool:
    held = entry.deadline
    if event.name == "amended":
        return any(change.field == held.kind for change in event.changes)
    if event.deadline is not None:
        same = (held.kind, held.at) == (event.deadline.kind, event.deadline.at)
        return same and (held.lot in (None, event.deadline.lot) or event.deadline.lot in entry.lots)
    return event.name == "new"


# ---------------------------------------------------------------- what is taken back


def _closed(event: Event, standing: Iterable[Entry]) -> list[Entry]:
    """Of lots that this event closes."""
    lots = {change.lot for change in event.changes if change.field == "status"}
    return [e for e in standing if e.off and lots and e.deadline.lot in {None, *lots}]


def _withdrawn(
    event: Event, record: Record, now: datetime, standing: Iterable[Entry]
) -> list[Entry]:
    """Of dates, still ahead, that are stated no more or by now share the entry of another lot."""
    held = {entry.uid for entry in standing}
    gone: dict[str, Entry] = {}
    for change in event.changes:
        was = _was(change)
        if change.field not in VERBS or was is None or was[0] <= now:
            continue
        lots = [change.lot]
        if change.lot is None:
            # A change that all lots share is told of the whole.
            lots += [] if change.now else [lot.id for lot in record.facts.lots or ()]
        elif _every(event, change, standing):
            lots.append(None)
        for lot in lots:
            old = Deadline(_kind(change.field), was[0], dated=was[1], lot=lot)
            entry = Entry(record, old, (lot,) if lot else (), off=True)
            gone[entry.uid] = entry
    return [entry for uid, entry in gone.items() if uid not in held]


def _every(event: Event, change: Change, standing: Iterable[Entry]) -> bool:
    """Whether each lot's date comes from the same one: it may have been that of the whole."""
    same = {c.lot for c in event.changes if (c.field, c.was) == (change.field, change.was)}
    lots = {lot for e in standing if e.deadline.kind == change.field for lot in (e.lots or (None,))}
    return bool(lots) and lots <= same


def _was(change: Change) -> tuple[datetime, bool] | None:
    """Where a date stood (UTC), and whether it was one without a time."""
    if not isinstance(change.was, str):
        return None
    try:
        at = datetime.fromisoformat(change.was)
    except ValueError:
        return None
    if len(change.was) == _DATE:
        return at.replace(hour=12, tzinfo=UTC), True  # noon is that day in nearly every zone
    return (at.astimezone(UTC), False) if at.tzinfo else None


def _kind(field: str) -> DeadlineKind:
    return next(kind for kind in VERBS if kind == field)


# ---------------------------------------------------------------- the files


def _files(
    told: Sequence[Entry], method: str, now: datetime, zone: ZoneInfo
) -> Iterable[Attachment]:
    prefix = "cancelled-" if method == "CANCEL" else ""
    taken: set[str] = set()
    for number, entry in enumerate(told[:FILES], 1):
        verb = VERBS[entry.deadline.kind].lower().replace(" ", "-")
        name = f"{prefix}{verb}-{day(entry.deadline, zone).isoformat()}"
        name += f"-{number}" if name in taken else ""
        taken.add(name)
        yield _file(f"{name}.ics", [entry], method, now, zone)
    if rest := told[FILES:]:
        yield _file(f"{prefix}further-deadlines.ics", rest, method, now, zone)


def _file(
    name: str, held: Sequence[Entry], method: str, now: datetime, zone: ZoneInfo
) -> Attachment:
    content = file(held, method, now, zone)
    return Attachment(name, "text/calendar", content, {"method": method, "charset": "utf-8"})
