"""When two awards are one: a portal publishes an award again under another id. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.letters import letters, spelled
from bot.model import Award, Notice


def matched(notice: Notice, held: Sequence[Award]) -> list[tuple[Award | None, Award]]:
    """Each award of a notice with the held one that it speaks of, None where it is a new one."""
    by_id = {award.id: award for award in held}
    said = notice.facts.awards
    free = [award for award in held if award.id not in {one.id for one in said}]
    found = []
    for award in said:
        old = by_id.get(award.id) or _again(award, free, update=notice.update)
        if old in free:
            free.remove(old)
        found.append((old, award))
    left = [n for n, (old, _) in enumerate(found) if old is None]
    # An update of the only award, with another supplier, corrects it.
    alone = len(left) == len(found) == len(free) == len(held) == 1
    if notice.update and alone and _lots_agree(free[0], said[0]):
        found[0] = (free[0], said[0])
    return found


def winners(award: Award) -> frozenset[str]:
    """The suppliers, each in one spelling: some are listed twice, in two."""
    return frozenset(filter(None, map(spelled, award.suppliers)))


def _again(award: Award, held: Iterable[Award], *, update: bool) -> Award | None:
    """Contracts Finder counts an award's id up at each edit; Find a Tender was seen to republish

    contracts under new ids, hours later and with the value that was missing.
    """
    return next((old for old in held if _same(old, award, certain=update)), None)


def _lots_agree(old: Award, new: Award) -> bool:
    return not old.lots or not new.lots or set(old.lots) == set(new.lots)


def _same(old: Award, new: Award, *, certain: bool) -> bool:
    if not winners(new) or winners(old) != winners(new):
        return False
    if not _lots_agree(old, new):
        return False
    titles = letters(old.title), letters(new.title)
    if titles[0] and titles[1] and titles[0] != titles[1]:
        return False
    if certain:
        return True
    # Frameworks are called off by the same suppliers again and again: only an equal signature, and
    # what else there is, make a new id the same contract.
    if old.signed is None or old.signed != new.signed:
        return False
    if old.value is not None:
        return bool(titles[0]) and titles[0] == titles[1] and old.value == new.value
    return new.value is not None
