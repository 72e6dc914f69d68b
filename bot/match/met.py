"""Whether all criteria of a subscription hold together: for the whole, or for one lot. Pure."""

from __future__ import annotations

from bot.match.criteria import Criterion, Want
from bot.match.lots import Lots
from bot.match.seen import Seen
from bot.wants import Match


def met(want: Want, when: str, seen: Seen, lots: Lots | None) -> Match | None:
    """The match and what decided, where all criteria given hold together; None where they do not.

    They hold for the notice as a whole or for one of its lots; `when` is said before the reason.
    """
    if lots is not None:
        return _met_by_lot(want, when, seen, lots)
    told = []
    for find in want.finds:
        found = find(want, seen)
        if found is None:
            return None
        if found:
            told.append(found)
    return Match(want.name, when + ("; ".join(told) or "everything"))


def _met_by_lot(want: Want, when: str, seen: Seen, lots: Lots) -> Match | None:
    bits = lots.every
    for criterion in want.criteria:
        if criterion.bits is None:
            if criterion.find(want, seen) is None:
                return None
        elif not (bits := bits & criterion.bits(want, lots)):
            return None
    if bits & lots.whole:
        return met(want, when, seen, None)
    first, more, ids = lots.named(bits)
    alone = met(want, when + first, lots.first(bits), None)
    # What met it before an amendment need not meet it now.
    return alone and Match(want.name, alone.reason + more, () if when else ids)


def missed(want: Want, seen: Seen, lots: Lots | None) -> tuple[str, ...]:
    """A sentence for each criterion that does not hold; or one, where no lot meets them all."""
    if lots is None:
        return tuple(c.missed(want, seen) for c in want.criteria if c.find(want, seen) is None)
    bits = [(c, _bits(c, want, seen, lots)) for c in want.criteria]
    missing = tuple(c.missed(want, seen) for c, who in bits if not who)
    if missing or met(want, "", seen, lots):
        return missing
    by = [f"{c.name} by {lots.among(who)}" for c, who in bits if who & lots.every != lots.every]
    return (f"lots: no lot meets all at once; {', '.join(by)}",)


def _bits(criterion: Criterion, want: Want, seen: Seen, lots: Lots) -> int:
    if criterion.bits is not None:
        return criterion.bits(want, lots)
    return 0 if criterion.find(want, seen) is None else lots.every
