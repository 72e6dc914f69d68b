"""Awards and contracts that a notice changes: supplier, price, signature, end. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.awards import matched, winners
from bot.changes import noise
from bot.changes.sums import amount
from bot.model import Award, Change, Notice, Record


def awards(before: Record | None, notice: Notice) -> Iterable[Change]:
    """What an amendment says anew of awards that are known, and those that it adds."""
    held = before.facts.awards if before else ()
    for old, new in matched(notice, held):
        lot = _lot(new, before)
        if old is None:
            if not held:
                continue  # the award itself was not seen: nothing is known to be new
            if new.suppliers:
                yield Change("supplier", None, new.suppliers, lot)
            yield from amount("value", None, new.value, lot)
            continue
        if new.suppliers and old.suppliers and winners(old) != winners(new):
            yield Change("supplier", old.suppliers, new.suppliers, lot)
        yield from amount("value", old.value, new.value, lot)
        if new.status in noise.OFF and old.status not in noise.OFF:
            yield Change("status", old.status or None, new.status, lot)
        yield from _signed(old, new, lot)


def signed(before: Record | None, notice: Notice) -> Iterable[Change]:
    """The signatures of awards that were known without them."""
    for old, new in matched(notice, before.facts.awards if before else ()):
        if old is not None:
            yield from _signed(old, new, _lot(new, before))


def _lot(award: Award, before: Record | None) -> str | None:
    """The lot of an award, where the procurement has others."""
    if before is None or len(award.lots) != 1:
        return None
    known = {lot.id for lot in before.facts.lots or ()}
    known |= {lot for one in before.facts.awards for lot in one.lots}
    return award.lots[0] if known - {award.lots[0]} else None


def _signed(old: Award, new: Award, lot: str | None) -> Iterable[Change]:
    if new.signed and new.signed != old.signed:
        was = f"{old.signed:%Y-%m-%d}" if old.signed else None
        yield Change("signed", was, f"{new.signed:%Y-%m-%d}", lot)
