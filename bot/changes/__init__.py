"""What differs in a record before and after a notice: typed, ranked, free of noise. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.changes import noise
from bot.changes.dates import deadlines, extensions
from bot.changes.lots import lots, renamed, suitable
from bot.changes.spoken import spoken
from bot.changes.sums import amount
from bot.changes.texts import QUOTE, differing
from bot.changes.won import awards, signed
from bot.changes.wording import money, stated
from bot.letters import letters, spelled
from bot.model import DEADLINE_KINDS, Change, Document, Edit, Facts, Notice, Record

__all__ = ["changes", "letters", "lines", "money", "ranked", "signed", "spoken", "stated"]

# By consequence: whether there is still time, whether there is still a tender, what it is worth,
# what is wanted where, how to bid, and last the words.
_RANKS = {
    field: rank
    for rank, field in enumerate(
        [
            *DEADLINE_KINDS[:5],
            *("status", "supplier", "signed", "value", "lot-value", "lot-added", "lot-removed"),
            *("cpv", "region", "procedure", "suitability", "award-criteria", "submission-address"),
            *DEADLINE_KINDS[5:],
            *("contract-extension", "documents", "engagement-text", "lot-text"),
            *("title", "description", "buyer", "contact"),
        ]
    )
}


def changes(before: Record, after: Record, notice: Notice) -> tuple[Change, ...]:
    """Field by field, was → now, the most consequential first.

    The corrigendum's own lines (`notice.edits`) stand for the fields that they name. A stub speaks
    of its own event: only dates, awards and status are compared, and texts and codes where it
    corrects a notice of its own form.
    """
    old, new = before.facts, after.facts
    told = lines(old, notice)
    named = {change.field for change in told}
    lot_ids = renamed(old, new)
    found = [
        *deadlines(old, new, notice, lot_ids),
        *_status(before, after),
        *extensions(old, new, lot_ids),
    ]
    if notice.stage in ("award", "contract"):
        found += awards(before, notice)
    if notice.restates or (notice.update and before.seen(notice)):
        whole = [*_value(old, new, found), *_codes(old, new), *_suitability(old, new)]
        found += [*whole, *lots(old, new, whole), *_texts(old, new), *_who(old, new)]
        found += _documents(old.documents, new.documents)
    return ranked([*told, *(change for change in found if change.field not in named)])


def lines(old: Facts, notice: Notice) -> tuple[Change, ...]:
    """What a corrigendum itself says was changed, its long texts cut to what differs."""
    return ranked(change for edit in notice.edits if (change := _edited(edit, old)))


def ranked(found: Iterable[Change]) -> tuple[Change, ...]:
    """The most consequential first."""
    return tuple(sorted(found, key=lambda change: _RANKS.get(change.field, len(_RANKS))))


def _edited(edit: Edit, old: Facts) -> Change | None:
    """A line of a corrigendum; where it leaves out what was, the record may know."""
    was, now = edit.was, edit.now
    if was is None and edit.field in DEADLINE_KINDS:
        held = [d for d in old.deadlines if (d.kind, d.lot) == (edit.field, edit.lot)]
        was = stated(held[0]) if len(held) == 1 else None
    if was == now:
        return None
    if was and now and max(len(was), len(now)) > QUOTE // 2:
        short = differing(was, now)
        return Change(edit.field, *(short if any(short) else (was, now)), edit.lot)
    return Change(edit.field, was, now, edit.lot)


def _status(before: Record, after: Record) -> Iterable[Change]:
    if before.status != after.status:
        yield Change("status", before.status, after.status)


def _value(old: Facts, new: Facts, told: Iterable[Change]) -> Iterable[Change]:
    # Contracts Finder's tender value follows its award's: told once.
    if not any(change.field == "value" for change in told):
        yield from amount("value", old.value, new.value)


def _codes(old: Facts, new: Facts) -> Iterable[Change]:
    was = tuple(code.id for code in old.cpv or ())
    now = tuple(code.id for code in new.cpv or ())
    if now and set(was) != set(now):
        yield Change("cpv", was or None, now)
    if new.places and not noise.same_places(old.places or (), new.places):
        yield Change("region", old.places or None, new.places)


def _suitability(old: Facts, new: Facts) -> Iterable[Change]:
    was, now = suitable(old), suitable(new)
    if was and now and was != now:
        yield Change("suitability", was, now)


def _texts(old: Facts, new: Facts) -> Iterable[Change]:
    if new.title and not noise.same_text(old.title or "", new.title):
        yield Change("title", old.title, new.title)
    if new.procedure and not noise.same_procedure(old.procedure or "", new.procedure):
        yield Change("procedure", old.procedure, new.procedure)
    if new.submission and not noise.same_address(old.submission or "", new.submission):
        yield _text("submission-address", old.submission or "", new.submission)
    for field, was, now in (
        ("description", old.description, new.description),
        ("engagement-text", old.engagement, new.engagement),
    ):
        if now and not noise.same_text(was or "", now):
            change = _text(field, was or "", now)
            if change.was or change.now:
                yield change


def _text(field: str, was: str, now: str) -> Change:
    if max(len(was), len(now)) <= QUOTE // 2 and field == "submission-address":
        return Change(field, was or None, now)
    return Change(field, *differing(was, now))


def _who(old: Facts, new: Facts) -> Iterable[Change]:
    if old.buyers and new.buyers and not _same_buyer(old, new):
        yield Change("buyer", _names(old), _names(new))
    if old.contact and new.contact and not noise.same_contact(old.contact, new.contact):
        yield Change("contact", old.contact, new.contact)


def _names(facts: Facts) -> str:
    return ", ".join(buyer.name for buyer in facts.buyers or ())


def _same_buyer(old: Facts, new: Facts) -> bool:
    """An identifier may change its scheme and a name its spelling: both together are news."""
    ids = {b.id for b in old.buyers or () if b.id} & {b.id for b in new.buyers or () if b.id}
    return bool(ids) or {spelled(b.name) for b in old.buyers or ()} == {
        spelled(b.name) for b in new.buyers or ()
    }


def _documents(
    old: tuple[Document, ...] | None, new: tuple[Document, ...] | None
) -> Iterable[Change]:
    """Documents that came, or came anew; one that is no longer listed is still in bidders' hands.

    Linked files are numbered anew in each notice, so that the address tells them apart.
    """
    if old is None or new is None:
        return
    known = {_file(d): d.modified for d in old}
    come = [d for d in new if _file(d) not in known or d.modified != known[_file(d)]]
    by_id, by_title = {d.id: d for d in old}, {" ".join(letters(d.title)): d for d in old}
    stay = {_file(d) for d in new} - {_file(d) for d in come}
    replaced = dict.fromkeys(
        was.title or was.url or was.id
        for d in come
        for was in (by_id.get(d.id), by_title.get(" ".join(letters(d.title))) if d.title else None)
        if was and _file(was) not in stay
    )
    if come:
        names = tuple(dict.fromkeys(d.title or d.url or d.id for d in come))
        yield Change("documents", tuple(replaced) or None, names)


def _file(document: Document) -> str:
    return document.url or document.id
