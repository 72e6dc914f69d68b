"""Lots before and after: which is which, which came and went, what changed in each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from bot.changes import noise
from bot.changes.dates import once
from bot.changes.sums import amount
from bot.changes.texts import differing
from bot.letters import letters
from bot.model import Change, Facts, Lot

Pairs = list[tuple[Lot, Lot]]


def paired(old: Sequence[Lot], new: Sequence[Lot]) -> tuple[Pairs, list[Lot], list[Lot]]:
    """Pairs, lots that are gone, lots that came.

    An id and a title together are sure; then a title that only one lot has, for lots are numbered
    anew when one is put before them; then the id alone.
    """
    left, pairs = list(old), Pairs()
    come = list(new)
    seldom = _seldom(old) & _seldom(new)
    keys: tuple[Callable[[Lot], tuple[str, ...] | None], ...] = (
        lambda lot: (lot.id, _titled(lot)),
        lambda lot: (_titled(lot),) if _titled(lot) in seldom else None,
        lambda lot: (lot.id,),
    )
    for key in keys:
        by_key = {found: lot for lot in left if (found := key(lot))}
        for lot in list(come):
            was = by_key.pop(key(lot) or (), None)
            if was is not None:
                pairs.append((was, lot))
                left.remove(was)
                come.remove(lot)
    order = {lot.id: n for n, lot in enumerate(new)}
    return sorted(pairs, key=lambda pair: order[pair[1].id]), left, come


def renamed(old: Facts, new: Facts) -> dict[str, str | None]:
    """From each lot's old id to its new one, None for a lot that is gone; empty where unknown."""
    if old.lots is None or new.lots is None:
        return {}
    pairs, gone, _ = paired(old.lots, new.lots)
    return {was.id: now.id for was, now in pairs} | dict.fromkeys(lot.id for lot in gone)


def lots(old: Facts, new: Facts, told: Iterable[Change]) -> Iterable[Change]:
    """What changed in the lots; `told` of the whole is not repeated for a lot that mirrors it."""
    if old.lots is None or new.lots is None:
        return
    whole = {change.field for change in told}
    pairs, gone, come = paired(old.lots, new.lots)
    for lot in come:
        yield Change("lot-added", None, lot.title or lot.id, lot.id)
    for lot in gone:
        yield Change("lot-removed", lot.title or lot.id, None, lot.id)
    # One lot's value mirrors the whole's: told once.
    if not (len(new.lots) == 1 and "value" in whole):
        yield from (c for a, b in pairs for c in amount("lot-value", a.value, b.value, b.id))
    yield from once(c for a, b in pairs for c in _status(a, b))
    for field, find in _SCOPE.items():
        if field not in whole:
            yield from once(c for a, b in pairs for c in find(a, b))
    yield from once(c for a, b in pairs for c in _criteria(a, b))
    yield from once(c for a, b in pairs for c in _text(a, b, old, new))


def _titled(lot: Lot) -> str:
    return " ".join(letters(lot.title))


def _seldom(lots: Iterable[Lot]) -> set[str]:
    return {title for title, n in Counter(map(_titled, lots)).items() if n == 1 and title}


def _status(was: Lot, now: Lot) -> Iterable[Change]:
    if now.status and (was.status in noise.OFF) != (now.status in noise.OFF):
        yield Change("status", was.status or None, now.status, now.id)


def _cpv(was: Lot, now: Lot) -> Iterable[Change]:
    a, b = tuple(code.id for code in was.cpv), tuple(code.id for code in now.cpv)
    if a and b and set(a) != set(b):
        yield Change("cpv", a, b, now.id)


def _places(was: Lot, now: Lot) -> Iterable[Change]:
    if was.places and now.places and not noise.same_places(was.places, now.places):
        yield Change("region", was.places, now.places, now.id)


def _suitability(was: Lot, now: Lot) -> Iterable[Change]:
    a, b = suitable(was), suitable(now)
    if a and b and a != b:
        yield Change("suitability", a, b, now.id)


_SCOPE = {"cpv": _cpv, "region": _places, "suitability": _suitability}


def _criteria(was: Lot, now: Lot) -> Iterable[Change]:
    """How tenders are judged, criterion by criterion; the order in which they stand says nothing.

    What did not change is left out.
    """
    if not was.criteria or not now.criteria:
        return
    a = [text for text in was.criteria if not _among(text, now.criteria)]
    b = [text for text in now.criteria if not _among(text, was.criteria)]
    if a or b:
        yield Change("award-criteria", tuple(a) or None, tuple(b) or None, now.id)


def _among(text: str, others: Iterable[str]) -> bool:
    return any(letters(text) == letters(other) for other in others)


def _text(was: Lot, now: Lot, old: Facts, new: Facts) -> Iterable[Change]:
    # A lot without a description of its own repeats the whole's, or stops to do so.
    one, other = _own(was, old), _own(now, new)
    if not one and was.title == now.title and not was.description:
        one = was.title if not other else ""
    if noise.same_text(one, other) or (not one and not other):
        return
    a, b = differing(one, other)
    if a or b:
        yield Change("lot-text", a, b, now.id)


def _own(lot: Lot, facts: Facts) -> str:
    mirror = letters(lot.description) == letters(facts.description or "")
    return f"{lot.title}. {lot.description}" if lot.description and not mirror else lot.title


def suitable(stated: Facts | Lot) -> str | None:
    """`SME, VCSE` or `none`; None where nothing is said."""
    if stated.sme is None and stated.vcse is None:
        return None
    named = [name for name, holds in (("SME", stated.sme), ("VCSE", stated.vcse)) if holds]
    return ", ".join(named) or "none"
