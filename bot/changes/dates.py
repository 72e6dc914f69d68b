"""Deadlines, contract dates and extensions that moved, lot by lot and once where alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.changes import noise
from bot.changes.wording import day, stated
from bot.model import DEADLINE_KINDS, Change, Deadline, Extension, Facts, Notice

ByLot = dict[str | None, Deadline]


def deadlines(
    old: Facts, new: Facts, notice: Notice, lots: Mapping[str, str | None]
) -> Iterable[Change]:
    """Each kind's moves; `lots` leads from a lot's old id to its new one, None where it is gone."""
    for kind in DEADLINE_KINDS:
        was, now = _aligned(old.deadlines, new.deadlines, kind, lots)
        fresh = _fresh(new, lots)
        moves = []
        for lot in sorted(was.keys() | now.keys(), key=lambda lot: lot or ""):
            a, b = was.get(lot), now.get(lot)
            if _same(a, b, old, new) or (a is None and lot in fresh):
                continue
            if b is None and (kind not in noise.MISSED or (a and _past(a, notice.published))):
                continue
            said = stated(a) if a else None, stated(b) if b else None
            moves.append(Change(kind, *said, lot, b.origin if b else "field"))
        yield from once(moves)


def extensions(old: Facts, new: Facts, lots: Mapping[str, str | None]) -> Iterable[Change]:
    """The latest end of a contract, where both notices state one."""
    if old.extensions is None or new.extensions is None:
        return
    was = _spread({lots.get(e.lot or "", e.lot): e for e in old.extensions}, new.extensions)
    now = _spread({e.lot: e for e in new.extensions}, old.extensions)
    yield from once(
        Change("contract-extension", day(a), day(b), lot)
        for lot, b in now.items()
        if (a := was.get(lot)) and day(a) != day(b)
    )


def once(moves: Iterable[Change]) -> list[Change]:
    """A change that all lots share, told of the whole."""
    found = list(moves)
    if len(found) > 1 and len({(m.field, m.was, m.now) for m in found}) == 1:
        return [replace(found[0], lot=None)]
    return found


def _spread(
    one: dict[str | None, Extension], other: Iterable[Extension]
) -> dict[str | None, Extension]:
    """An end of the whole stands for each lot that the other side names."""
    if set(one) == {None} and (lots := {e.lot for e in other}) and None not in lots:
        return dict.fromkeys(lots, one[None])
    return one


def _fresh(new: Facts, lots: Mapping[str, str | None]) -> set[str | None]:
    """Lots that were added: that is told, and their dates with them are shown."""
    named: set[str | None] = {lot.id for lot in new.lots or ()}
    return named - set(lots.values()) if lots else set()


def _same(a: Deadline | None, b: Deadline | None, old: Facts, new: Facts) -> bool:
    """Whether there is nothing to tell of a deadline; what was only read from text goes unsaid.

    Where the sentence is gone, the changed text is news, not that a deadline was removed. A text
    may name several days of one kind: one of them left out moves none of the others.
    """
    if b is None:
        return a is None or a.origin == "words"
    if a is None:
        return False
    if _to_the_minute(a.at) == _to_the_minute(b.at):
        return True
    if a.origin == "field":
        return False
    stood = any((d.kind, d.lot, d.at) == (b.kind, b.lot, b.at) for d in old.deadlines)
    stands = any((d.kind, d.lot, d.at) == (a.kind, a.lot, a.at) for d in new.deadlines)
    return stood or stands


def _to_the_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _past(deadline: Deadline, published: datetime) -> bool:
    return deadline.at <= published


def _aligned(
    old: tuple[Deadline, ...],
    new: tuple[Deadline, ...],
    kind: str,
    lots: Mapping[str, str | None],
) -> tuple[ByLot, ByLot]:
    """By lot on both sides; a date of the whole stands for each lot that the other side names."""
    kept = [d for d in old if not d.lot or lots.get(d.lot, d.lot)]
    named = [replace(d, lot=lots.get(d.lot, d.lot)) if d.lot else d for d in kept]
    was, now = _by_lot(named, kind), _by_lot(new, kind)
    for one, other in ((was, now), (now, was)):
        if set(one) == {None} and other and None not in other:
            whole = one.pop(None)
            one.update(dict.fromkeys(other, whole))
    return was, now


def _by_lot(deadlines: Iterable[Deadline], kind: str) -> ByLot:
    found: ByLot = {}
    for deadline in deadlines:
        # A text has the next of its several days first.
        if deadline.kind == kind and (deadline.origin == "field" or deadline.lot not in found):
            found[deadline.lot] = deadline
    return found
