"""The dates to act by of a record as a calendar knows them, each under a lasting name. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.filters import link, lot_number, short
from bot.model import Deadline, DeadlineKind, Record

# By when a supplier must act, and what he then does.
VERBS: Mapping[DeadlineKind, str] = {
    "submission": "Submit by",
    "participation": "Ask to take part by",
    "enquiry": "Ask questions by",
    "engagement": "Respond by",
}
TITLE, BUYER, QUOTE = 200, 120, 300

_STANDING, _OFF = frozenset({"planned", "open"}), frozenset({"cancelled"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One deadline of a record as a calendar knows it."""

    record: Record
    deadline: Deadline
    lots: tuple[str, ...] = ()  # all those that it stands for; none where it is the whole's
    turn: int = 0  # which of several of its kind and lot, the earliest first
    off: bool = False  # called off

    @property
    def uid(self) -> str:
        """The same for ever, wherever the date moves: of the record, the kind and the lot."""
        held = self.deadline
        turn = f"/{self.turn}" if self.turn else ""
        name = f"{self.record.key}/{held.lot or ''}/{held.kind}{turn}"
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
        return f"{digest[:32]}@tenderbell"

    @property
    def summary(self) -> str:
        """`Submit by (lot 2): Supported living`."""
        title = short(self.record.facts.title, TITLE) or f"notice {short(self.record.notice, 80)}"
        numbers = [short(lot_number(lot), 30) for lot in self.lots]
        more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
        lots = f" (lot {', '.join(numbers[:3])}{more})" if numbers else ""
        called_off = "Cancelled: " if self.off else ""
        return f"{called_off}{VERBS[self.deadline.kind]}{lots}: {title}"

    @property
    def description(self) -> str:
        """The buyer, how sure the date is, the notice and its page, a line each."""
        facts, held = self.record.facts, self.deadline
        sentence = short(held.words, QUOTE)
        lines = (
            short(facts.buyers[0].name, BUYER) if facts.buyers else "",
            "No time is stated." if held.dated else "",
            f"Read from the notice's text: {sentence}" if held.origin == "words" else "",
            f"Notice {short(self.record.notice, 80)} ({short(self.record.source, 80)})",
            link(facts.url),
        )
        return "\n".join(filter(None, lines))


def entries(record: Record, now: datetime) -> list[Entry]:
    """The dates to act by that are stated for certain and ahead of `now` (UTC), the soonest first.

    Lots that end at the same time are one entry, under the first of them.
    """
    if record.stage not in ("planning", "tender") or record.status not in _STANDING | _OFF:
        return []
    found: dict[tuple[str, datetime, int], list[Deadline]] = {}
    for held, turn in _turns(record.facts.deadlines):
        # Of a year that has no day in some zone nobody can be reminded.
        if held.kind in VERBS and held.firm and now < held.at and held.at.year < 9999:
            found.setdefault((held.kind, held.at, turn), []).append(held)
    known = record.facts.lots or ()
    closed: set[str | None] = {lot.id for lot in known if lot.closed}
    if known and len(closed) == len(known):
        closed.add(None)  # the date of the whole falls with the last of its lots
    told = []
    for (_, _, turn), same in found.items():
        whole = [held for held in same if held.lot is None]
        still = [held for held in same if held.lot not in closed]
        for one in whole or [*still[:1], *(held for held in same if held.lot in closed)]:
            alike = [one] if one.lot in closed else still
            lots = () if whole else tuple(held.lot for held in alike if held.lot)
            off = record.status in _OFF or one.lot in closed
            told.append(Entry(record, one, lots, turn, off))
    return sorted(told, key=lambda entry: (entry.deadline.at, entry.uid))


def day(held: Deadline, zone: ZoneInfo) -> date:
    """The local day on which it falls."""
    return held.at.astimezone(zone).date()


def _turns(deadlines: Iterable[Deadline]) -> Iterable[tuple[Deadline, int]]:
    """Each with its place among those of its kind and lot: a text may name several days."""
    seen: dict[tuple[str, str | None], int] = {}
    for held in sorted(deadlines, key=lambda d: (d.lot or "", d.at)):
        turn = seen.get((held.kind, held.lot), 0)
        seen[held.kind, held.lot] = turn + 1
        yield held, turn
