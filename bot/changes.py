"""What differs in a record before and after a notice: typed, ranked, free of noise. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot import regions, when
from bot.model import (
    DEADLINE_KINDS,
    Change,
    Deadline,
    Document,
    Edit,
    Facts,
    Lot,
    Notice,
    Record,
    Value,
    Was,
)

# Kinds whose disappearance from a full statement is worth telling; the rest are forecasts that
# come and go with the form (an award date, a contract's start).
_MISSED = frozenset({"submission", "participation", "enquiry", "engagement"})
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
            *("documents", "lot-text", "title", "description", "buyer", "contact"),
        ]
    )
}
_ENGLAND = frozenset(f"UK{letter}" for letter in "CDEFGHIJK")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_WORD = re.compile(r"\w+")
# A changed text is quoted up to this many characters: enough for a sentence or two.
_QUOTE = 400


def changes(before: Record, after: Record, notice: Notice) -> tuple[Change, ...]:
    """Field by field, was → now, the most consequential first.

    The corrigendum's own lines (`notice.edits`) stand for the fields that they name.
    """
    old, new = before.facts, after.facts
    told = [change for edit in notice.edits if (change := _edited(edit, old))]
    named = {change.field for change in told}
    found = [
        *_deadlines(old, new, notice),
        *_status(before, after),
        *_value(old, new),
        *_lots(old, new),
        *_codes(old, new),
        *_texts(old, new),
        *_documents(old.documents, new.documents),
    ]
    found = [*told, *(change for change in found if change.field not in named)]
    return tuple(sorted(found, key=lambda change: _RANKS.get(change.field, len(_RANKS))))


def _edited(edit: Edit, old: Facts) -> Change | None:
    """A line of a corrigendum; where it leaves out what was, the record may know."""
    was = edit.was
    if was is None and edit.field in DEADLINE_KINDS:
        held = [d for d in old.deadlines if (d.kind, d.lot) == (edit.field, edit.lot)]
        was = stated(held[0]) if len(held) == 1 else None
    return Change(edit.field, was, edit.now, edit.lot) if was != edit.now else None


def letters(text: str) -> list[str]:
    """The words of a text, with what re-typing alone changes taken out: case, entities, marks."""
    return _WORD.findall(html.unescape(text).casefold())


def stated(at: Deadline) -> str:
    """A deadline's instant as `changes` writes it: a date alone where no time was stated."""
    return when.iso(at.at)[:10] if at.dated else when.iso(at.at)


def money(value: Value | None, *, gross: bool = False) -> str | None:
    """`1500000 GBP`: the figure without exponent or trailing zeros, and its currency."""
    amount = value and (value.gross if gross else value.amount)
    if value is None or amount is None:
        return None
    return f"{amount:.2f}".rstrip("0").rstrip(".") + f" {value.currency}"


def _deadlines(old: Facts, new: Facts, notice: Notice) -> Iterable[Change]:
    for kind in DEADLINE_KINDS:
        was, now = _aligned(old.deadlines, new.deadlines, kind)
        moves = []
        for lot in sorted(was.keys() | now.keys(), key=lambda lot: lot or ""):
            a, b = was.get(lot), now.get(lot)
            if _same(a, b, old, new):
                continue
            if b is None and (kind not in _MISSED or (a and _past(a, notice.published))):
                continue
            said = stated(a) if a else None, stated(b) if b else None
            moves.append(Change(kind, *said, lot, b.origin if b else "field"))
        if len(moves) > 1 and len({(m.was, m.now) for m in moves}) == 1:
            moves = [replace(moves[0], lot=None)]
        yield from moves


def _same(a: Deadline | None, b: Deadline | None, old: Facts, new: Facts) -> bool:
    """Whether there is nothing to tell of a deadline; what was only read from text goes unsaid.

    Where the sentence is gone, the changed text is news, not that a deadline was removed. A text
    may name several days of one kind: one of them left out moves none of the others.
    """
    if b is None:
        return a is None or a.origin == "words"
    if a is None or a.at == b.at:
        return a is not None
    if a.origin == "field":
        return False
    stood = any((d.kind, d.lot, d.at) == (b.kind, b.lot, b.at) for d in old.deadlines)
    stands = any((d.kind, d.lot, d.at) == (a.kind, a.lot, a.at) for d in new.deadlines)
    return stood or stands


def _past(deadline: Deadline, published: datetime) -> bool:
    return deadline.at <= published


def _aligned(
    old: tuple[Deadline, ...], new: tuple[Deadline, ...], kind: str
) -> tuple[dict[str | None, Deadline], dict[str | None, Deadline]]:
    """By lot on both sides; a date of the whole stands for each lot that the other side names."""
    was, now = _by_lot(old, kind), _by_lot(new, kind)
    for one, other in ((was, now), (now, was)):
        if set(one) == {None} and other and None not in other:
            whole = one.pop(None)
            one.update(dict.fromkeys(other, whole))
    return was, now


def _by_lot(deadlines: tuple[Deadline, ...], kind: str) -> dict[str | None, Deadline]:
    found: dict[str | None, Deadline] = {}
    for deadline in deadlines:
        # A text has the next of its several days first.
        if deadline.kind == kind and (deadline.origin == "field" or deadline.lot not in found):
            found[deadline.lot] = deadline
    return found


def _status(before: Record, after: Record) -> Iterable[Change]:
    if before.status != after.status:
        yield Change("status", before.status, after.status)


def _value(old: Facts, new: Facts) -> Iterable[Change]:
    yield from _amount("value", old.value, new.value)


def _amount(
    field: str, was: Value | None, now: Value | None, lot: str | None = None
) -> Iterable[Change]:
    if now is None or was == now:
        return
    if money(was) != money(now):
        yield Change(field, money(was), money(now), lot)
    elif money(was, gross=True) != money(now, gross=True):
        yield Change(field, money(was, gross=True), money(now, gross=True), lot)


def _lots(old: Facts, new: Facts) -> Iterable[Change]:
    if old.lots is None or new.lots is None:
        return
    pairs, gone, come = _paired(old.lots, new.lots)
    for lot in come:
        yield Change("lot-added", None, lot.title or lot.id, lot.id)
    for lot in gone:
        yield Change("lot-removed", lot.title or lot.id, None, lot.id)
    # One lot's value mirrors the whole's: told once.
    alone = len(new.lots) == 1 and any(True for _ in _value(old, new))
    for was, now in pairs:
        if not alone:
            yield from _amount("lot-value", was.value, now.value, now.id)
        if was.status and now.status and (was.status in _OFF) != (now.status in _OFF):
            yield Change("status", was.status, now.status, now.id)
        text_was, text_now = _joined(was), _joined(now)
        if letters(text_was) != letters(text_now):
            yield Change("lot-text", *_differing(text_was, text_now), now.id)


_OFF = frozenset({"cancelled", "withdrawn", "unsuccessful"})


def _joined(lot: Lot) -> str:
    return f"{lot.title}. {lot.description}" if lot.description else lot.title


def _paired(
    old: tuple[Lot, ...], new: tuple[Lot, ...]
) -> tuple[list[tuple[Lot, Lot]], list[Lot], list[Lot]]:
    """Lots matched by id, then by title."""
    by_id = {lot.id: lot for lot in old}
    pairs = [(by_id.pop(lot.id), lot) for lot in new if lot.id in by_id]
    taken = {now.id for _, now in pairs}
    by_title = {" ".join(letters(lot.title)): lot for lot in by_id.values() if lot.title}
    come = []
    for lot in new:
        if lot.id in taken:
            continue
        was = by_title.pop(" ".join(letters(lot.title)), None)
        if was is None:
            come.append(lot)
        else:
            pairs.append((by_id.pop(was.id), lot))
    return pairs, list(by_id.values()), come


def _codes(old: Facts, new: Facts) -> Iterable[Change]:
    was = tuple(code.id for code in old.cpv or ())
    now = tuple(code.id for code in new.cpv or ())
    if now and set(was) != set(now):
        yield Change("cpv", was or None, now)
    if new.places and _nodes(old.places or ()) != _nodes(new.places):
        yield Change("region", old.places or None, new.places)


def _nodes(places: Iterable[str]) -> frozenset[str]:
    """Places as nodes; the nine regions of England written out are England."""
    nodes = {node for node in map(regions.place, places) if node}
    return frozenset(nodes - _ENGLAND | {"ENG"} if nodes >= _ENGLAND else nodes)


def _texts(old: Facts, new: Facts) -> Iterable[Change]:
    for field, was, now in (
        ("title", old.title, new.title),
        ("procedure", old.procedure, new.procedure),
        ("submission-address", old.submission, new.submission),
    ):
        if now and letters(was or "") != letters(now):
            yield Change(field, was, now)
    if new.description and letters(old.description or "") != letters(new.description):
        yield Change("description", *_differing(old.description or "", new.description))
    fit_was, fit_now = _suitable(old), _suitable(new)
    if fit_was and fit_now and fit_was != fit_now:
        yield Change("suitability", fit_was, fit_now)
    if old.buyers and new.buyers and not _same_buyer(old, new):
        yield Change("buyer", _names(old), _names(new))


def _suitable(facts: Facts) -> str | None:
    if facts.sme is None and facts.vcse is None:
        return None
    named = [name for name, holds in (("SME", facts.sme), ("VCSE", facts.vcse)) if holds]
    return ", ".join(named) or "none"


def _names(facts: Facts) -> str:
    return ", ".join(buyer.name for buyer in facts.buyers or ())


def _same_buyer(old: Facts, new: Facts) -> bool:
    """An identifier may change its scheme and a name its spelling: both together are news."""
    ids = {b.id for b in old.buyers or () if b.id} & {b.id for b in new.buyers or () if b.id}
    return bool(ids) or letters(_names(old)) == letters(_names(new))


def _documents(
    old: tuple[Document, ...] | None, new: tuple[Document, ...] | None
) -> Iterable[Change]:
    if old is None or new is None:
        return
    known = {(d.id, d.url, d.modified) for d in old}
    come = tuple(d.title or d.url or d.id for d in new if (d.id, d.url, d.modified) not in known)
    if come:
        names = {d.id: d.title or d.url or d.id for d in old}
        replaced = tuple(names[d.id] for d in new if d.id in names and d not in old)
        yield Change("documents", replaced or None, come)


def _differing(was: str, now: str) -> tuple[Was, Was]:
    """The sentences that only one side has, cut to a length that can be read."""
    old, new = _sentences(was), _sentences(now)
    gone = [text for key, text in old.items() if key not in new]
    come = [text for key, text in new.items() if key not in old]
    return _quoted(gone), _quoted(come)


def _sentences(text: str) -> dict[str, str]:
    parts = (part.strip() for part in _SENTENCE.split(text))
    return {" ".join(letters(part)): part for part in parts if part}


def _quoted(parts: list[str]) -> str | None:
    text = " ".join(parts)
    if len(text) > _QUOTE:
        text = text[:_QUOTE].rsplit(" ", 1)[0] + " …"
    return text or None
