"""Which lots of a divided notice meet a criterion, each lot a bit of one number. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from bot.filters import named_lots
from bot.match.seen import Seen, apart, figure, prefixes
from bot.match.words import Phrase
from bot.model import AFTER_AWARD, Code, Event, Facts, Lot, Record, Stage


class Lots:
    """The lots of a notice as the criteria read them.

    Bit n is the n-th lot, the highest bit the notice as a whole. A lot is asked by the CPV, places,
    value and suitability that it states, and by those of the whole where it states none. Two things
    said of the whole are said of each lot: title and description, and a CPV code that no lot
    repeats (the main code of a legacy notice, to which a lot only adds). A criterion holds for the
    whole where the whole states it itself, or where every lot meets it.
    """

    def __init__(self, seen: Seen, lots: tuple[Lot, ...]) -> None:
        self._seen = seen
        self._lots = lots
        self.whole = 1 << len(lots)
        self._each = self.whole - 1
        self.every = self.whole | self._each
        self._near: dict[str, int] = {}
        self._occurs: dict[str, int] = {}
        self._parts: dict[int, Seen] = {}
        self._named: dict[int, tuple[str, str, tuple[str, ...]]] = {}

    # ---------------------------------------------------------------- who meets what

    def under(self, prefix: str) -> int:
        """Who has a CPV code with this prefix."""
        return self._under.get(prefix, 0)

    def near(self, wanted: str) -> int:
        """Who lies in the wanted region, or around it, or nobody can tell where."""
        bits = self._near.get(wanted)
        if bits is None:
            bits = 0 if self._seen.places else self._each
            for text, node in self._seen.places.items():
                if not apart(wanted, node):
                    bits |= self._at[text]
            bits = self._near[wanted] = self._closed(bits)
        return bits

    def occurs(self, phrase: Phrase) -> int:
        """In whose texts the phrase stands."""
        bits = self._occurs.get(phrase.folded)
        if bits is None:
            bits = 0
            if self._seen.occurs(phrase):
                said = self._whole_texts.occurs(phrase)
                bits = self._each if said else self._which(self._texts, lambda s: s.occurs(phrase))
            bits = self._occurs[phrase.folded] = self._closed(bits)
        return bits

    def asked(self, holds: Callable[[Seen], bool]) -> int:
        """Of whom a criterion holds that the whole answers for itself, whatever its lots say."""
        parts = [self.part(n) for n in range(len(self._lots))]
        return self.whole * holds(self._seen) | self._which(parts, holds)

    def _closed(self, bits: int) -> int:
        return bits | self.whole if bits & self._each == self._each else bits

    @staticmethod
    def _which(parts: Iterable[Seen], holds: Callable[[Seen], bool]) -> int:
        return sum(1 << n for n, part in enumerate(parts) if holds(part))

    # ---------------------------------------------------------------- what each states

    @cached_property
    def _codes(self) -> list[tuple[Code, ...]]:
        """The codes of each lot, its own first."""
        facts = self._seen.facts
        stated = {code.id for lot in self._lots for code in lot.cpv}
        whole = tuple(code for code in facts.cpv or () if code.id not in stated)
        every = tuple(map(Code, self._seen.codes))
        return [(*lot.cpv, *whole) if _coded(lot) else every for lot in self._lots]

    @cached_property
    def _under(self) -> dict[str, int]:
        bits: dict[str, int] = {}
        for n, codes in enumerate(self._codes):
            for prefix in {prefix for code in codes for prefix in prefixes(code.id)}:
                bits[prefix] = bits.get(prefix, 0) | 1 << n
        return {prefix: self._closed(who) for prefix, who in bits.items()}

    @cached_property
    def _places(self) -> list[tuple[str, ...]]:
        every = tuple(self._seen.places)
        return [tuple(filter(str.strip, lot.places)) or every for lot in self._lots]

    @cached_property
    def _at(self) -> dict[str, int]:
        """Every place → who states it; it is the whole's own where no lot does."""
        bits = dict.fromkeys(self._seen.places, 0)
        for n, places in enumerate(self._places):
            for text in places:
                bits[text] |= 1 << n
        lots = {text for lot in self._lots for text in lot.places}
        return {text: who if text in lots else who | self.whole for text, who in bits.items()}

    @cached_property
    def _whole_texts(self) -> Seen:
        facts = self._seen.facts
        return Seen(Facts(title=facts.title, description=facts.description), ())

    @cached_property
    def _texts(self) -> list[Seen]:
        return [Seen(Facts(lots=(lot,)), ()) for lot in self._lots]

    def part(self, n: int) -> Seen:
        """The notice as if the n-th lot were all of it."""
        part = self._parts.get(n)
        if part is None:
            facts, lot = self._seen.facts, self._lots[n]
            said = self._seen.suitability if lot.sme is None and lot.vcse is None else None
            own = replace(
                facts,
                cpv=self._codes[n],
                places=self._places[n],
                value=lot.value if figure(lot.value) else facts.value,
                sme=said["sme"] if said else lot.sme,
                vcse=said["vcse"] if said else lot.vcse,
                lots=(Lot(lot.id, lot.title, lot.description),),
            )
            part = self._parts[n] = Seen(own, self._seen.stages)
        return part

    # ---------------------------------------------------------------- who they are

    def first(self, bits: int) -> Seen:
        """The first of some lots, as a notice of its own."""
        return self.part((bits & -bits).bit_length() - 1)

    def named(self, bits: int) -> tuple[str, str, tuple[str, ...]]:
        """`lot 2: `, `; lots 5 and 9 as well`, and the ids; no ids where it is every lot."""
        known = self._named.get(bits)
        if known is None:
            ids = tuple(lot.id for n, lot in enumerate(self._lots) if bits >> n & 1)
            more = f"; {named_lots(ids[1:])} as well" if len(ids) > 1 else ""
            known = f"{named_lots(ids[:1])}: ", more, ids if len(ids) < len(self._lots) else ()
            self._named[bits] = known
        return known

    def among(self, bits: int) -> str:
        """`lots 2 and 5`; `the whole` where no lot alone is meant."""
        ids = [lot.id for n, lot in enumerate(self._lots) if bits >> n & 1]
        return named_lots(ids) if ids else "the whole"


def divided(facts: Facts) -> tuple[Lot, ...]:
    """The lots, where there are several and one of them says itself what or where it is."""
    lots = facts.lots or ()
    own = len(lots) > 1 and any(_coded(lot) or any(map(str.strip, lot.places)) for lot in lots)
    return lots if own else ()


def _coded(lot: Lot) -> bool:
    return any(code.id for code in lot.cpv)


# ---------------------------------------------------------------- the states of an event


class Sight(NamedTuple):
    """One state of a record in which the criteria may hold, and how to say which."""

    when: str  # "before the amendment: "
    seen: Seen
    lots: Lots | None  # None where the notice is asked as one


def sights(event: Event) -> Iterator[Sight]:
    """The states after the event and before it.

    Who was told of a notice hears that it was amended out of his field. Nothing for an event that
    is about no record.
    """
    if event.record is None:
        return
    stages = stood(event)
    yield _sight("", event.record, stages)
    if event.before is not None and event.before.facts != event.record.facts:
        yield _sight("before the amendment: ", event.before, stages)


def stood(event: Event) -> tuple[Stage, ...]:
    """Where the record stood just before the event's own notice, and just after it.

    Nowhere, for a date that an award leaves in force: who asks to be reminded of a contract's end
    asks for it at every stage.
    """
    if event.deadline is not None and event.deadline.kind in AFTER_AWARD:
        return ()
    stages = [record.stage for record in (event.before, event.record) if record is not None]
    return tuple(dict.fromkeys(stages))


def _sight(when: str, record: Record, stages: tuple[Stage, ...]) -> Sight:
    seen, lots = Seen(record.facts, stages), divided(record.facts)
    return Sight(when, seen, Lots(seen, lots) if lots else None)
