"""Awards of one procurement, told together as one event. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.awards import winners
from bot.model import Award, Change, Event
from bot.wants import Delivery


def as_one(told: Sequence[tuple[Event, Delivery]]) -> tuple[Event, Delivery]:
    """What one message tells: an event by itself, or awards together, with the reasons of all."""
    matches = dict.fromkeys(match for _, delivery in told for match in delivery.matches)
    return together([event for event, _ in told]), replace(told[0][1], matches=tuple(matches))


def together(batch: Sequence[Event]) -> Event:
    """One event to be rendered for a batch: each award listed, at the state after the last one.

    Its key is that of the first, whose row sends the message; every event keeps its own row.
    """
    first, last = batch[0], batch[-1]
    if len(batch) == 1:
        return first
    awards = _each(award for event in batch for award in event.decisions)
    suppliers = tuple(dict.fromkeys(name for award in awards for name in award.suppliers))
    changes = [Change("supplier", None, suppliers or None)]
    changes += [c for event in batch for c in event.changes if c.field != "supplier"]
    said = [event.words for event in batch if event.words]
    return replace(
        last,
        key=first.key,
        before=first.before,
        changes=tuple(dict.fromkeys(changes)),
        decisions=tuple(awards),
        words="\n".join(dict.fromkeys(said)),
        notes=(*dict.fromkeys(note for event in batch for note in event.notes), told(batch)),
    )


def told(batch: Sequence[Event]) -> str:
    """`37 notices of this procurement, told together: 076331-2026 to 076380-2026`."""
    first, last = batch[0].notice or "", batch[-1].notice or ""
    return f"{len(batch)} notices of this procurement, told together: {first} to {last}"


def _each(awards: Iterable[Award]) -> list[Award]:
    """Each award once; where one was told twice, as it stands last."""
    found: dict[tuple[str, frozenset[str]], Award] = {}
    for award in awards:
        found[award.id, winners(award)] = award
    return list(found.values())
