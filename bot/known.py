"""Whether a recipient who was told of a procurement on one portal knows what another says. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.letters import letters
from bot.model import DEADLINE_KINDS, STAGES, Change, Deadline, Event, Record
from bot.same import same_date

# Portals publish one amendment within days of each other; the same change later is another one.
_WITHIN = timedelta(days=14)
_DAY = timedelta(days=1)
# What accompanies a change and differs by portal: texts are cut and files renamed on the way.
_ACCOMPANY = frozenset({"description", "documents", "contact", "title", "submission-address"})


def known(event: Event, told: Iterable[Event]) -> Event | None:
    """Of what this recipient was told on other portals, in order, what says the same; else None.

    What a later event has undone (a relaunch after a cancellation) covers nothing any more.
    """
    covering: Event | None = None
    for earlier in told:
        ended = earlier.name == "cancelled" and event.name != "cancelled"
        began = earlier.name == "new" and event.name == "cancelled"
        if ended or began or _undone(earlier, event):
            covering = None
        elif _says(earlier, event):
            covering = earlier
    return covering


def _says(earlier: Event, event: Event) -> bool:
    if earlier.record is None or event.record is None:
        return False
    match event.name:
        case "new":
            return earlier.name == "new" and _reached(earlier.record, event.record)
        case "cancelled":
            return earlier.name == "cancelled"
        case "awarded":
            return earlier.name == "awarded" and _won(earlier, event)
        case "deadline":
            return _reminded(earlier, event)
        case "amended":
            return earlier.name in ("new", "amended") and _amended(earlier, event)
    return False


def _reached(earlier: Record, now: Record) -> bool:
    """A tender notice after a planning notice is news, wherever it is published."""
    return STAGES.index(earlier.stage) >= STAGES.index(now.stage)


def _won(earlier: Event, event: Event) -> bool:
    told, now = (
        {" ".join(letters(s)) for a in e.record.facts.awards for s in a.suppliers}
        for e in (earlier, event)
        if e.record
    )
    return now <= told


def _reminded(earlier: Event, event: Event) -> bool:
    one, other = earlier.deadline, event.deadline
    if one is None or other is None:
        return False
    same = (one.kind, one.lot, earlier.lead) == (other.kind, other.lot, event.lead)
    return same and same_date(one, other)


def _amended(earlier: Event, event: Event) -> bool:
    if abs(event.at - earlier.at) > _WITHIN:
        return False
    weighty = [c for c in event.changes if c.field not in _ACCOMPANY]
    if weighty:
        return all(_told(change, earlier, event) for change in weighty)
    return bool(event.changes) and all(_told(c, earlier, event) for c in event.changes)


def _told(change: Change, earlier: Event, event: Event) -> bool:
    """Whether a change was told, or the record that was told stood there already."""
    if change.field in DEADLINE_KINDS and change.origin == "field":
        now = _of_kind(event.record, change)
        then = _of_kind(earlier.record, change)
        if not now or not then:
            return not now and not then and _same_change(change, earlier)
        return all(any(same_date(a, b) for b in then) for a in now)
    return _same_change(change, earlier)


def _undone(earlier: Event, event: Event) -> bool:
    """Whether what was told then stands against an amendment: moved back, it is news again."""
    weighty = (c for c in event.changes if c.field not in _ACCOMPANY)
    return event.name == "amended" and any(_against(c, earlier, event) for c in weighty)


def _against(change: Change, earlier: Event, event: Event) -> bool:
    if change.field in DEADLINE_KINDS:
        then, now = _of_kind(earlier.record, change), _of_kind(event.record, change)
        return bool(then) and not any(same_date(a, b) for a in then for b in now)
    spoken = any(other.field == change.field for other in earlier.changes)
    return spoken and not _same_change(change, earlier)


def _same_change(change: Change, earlier: Event) -> bool:
    return any(
        other.field == change.field and _plain(other.now) == _plain(change.now)
        for other in earlier.changes
    )


def _plain(side: object) -> list[str]:
    return letters(str(side))


def _of_kind(record: Record | None, change: Change) -> list[Deadline]:
    held = record.facts.deadlines if record else ()
    return [d for d in held if d.kind == change.field and d.lot == change.lot]


def superseded(deadline: Deadline, record: Record, twins: Iterable[Record]) -> Record | None:
    """The twin that has published another date for this deadline since, if there is one.

    Days apart it is told by the publication; within a day (some portals state no more than the
    day) the date that we learned last is in force.
    """
    for twin in twins:
        # What was only read from a text does not put a field of the other portal out of force.
        stated = [
            d
            for d in twin.facts.deadlines
            if _slot(d) == _slot(deadline) and (d.origin == "field" or deadline.origin == "words")
        ]
        if not stated or any(same_date(deadline, d) for d in stated):
            continue
        later = twin.published - record.published
        if later > _DAY or (later > -_DAY and _learned(stated[0]) > _learned(deadline)):
            return twin
    return None


def _slot(deadline: Deadline) -> tuple[str, str | None]:
    return deadline.kind, deadline.lot


def _learned(deadline: Deadline) -> datetime:
    return deadline.learned or datetime.min.replace(tzinfo=UTC)
