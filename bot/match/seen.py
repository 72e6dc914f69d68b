"""What a record shows to the criteria, each thing worked out when it is first asked for. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from bot import cpv, regions
from bot.match.words import Name, Phrase, fold, name_tokens, tokens
from bot.model import Facts, Lot, Stage, Value

Kind = Literal["buyers", "words", "cpv", "regions"]

_CODE_LENGTH = 8
_SHOWN = 60  # characters of a place that a source states; some write an address


# How a record's places stand to a wanted one, best first, and the place that decided in words (None
# where all lie apart).
Nearness = tuple[int, str | None]


class Seen:
    """The facts of one record as the criteria read them, with what they found remembered."""

    def __init__(self, facts: Facts, stages: tuple[Stage, ...]) -> None:
        self.facts = facts
        self.stages = stages  # of the event: just before it, and just after
        self._nearness: dict[str, Nearness] = {}
        self._occurs: dict[str, bool] = {}
        self._fits: dict[str, str | None] = {}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The CPV codes of the whole and of the lots, each once."""
        lots = (code for lot in self.facts.lots or () for code in lot.cpv)
        return tuple(dict.fromkeys(code.id for code in (*(self.facts.cpv or ()), *lots)))

    @cached_property
    def under(self) -> dict[str, str]:
        """Every prefix of every code → `CPV 85311000 under 85300000`, of the first such code."""
        told: dict[str, str] = {}
        for code in self.codes:
            for prefix in prefixes(code):
                if prefix not in told:
                    wanted = cpv.pretty(prefix)
                    told[prefix] = f"CPV {code}" + (f" under {wanted}" if wanted != code else "")
        return told

    @cached_property
    def places(self) -> dict[str, str | None]:
        """The places of the whole and of the lots as stated, and the region of each where known."""
        stated = [*(self.facts.places or ()), *(p for x in self.facts.lots or () for p in x.places)]
        return {text: regions.place(text) for text in stated if text.strip()}

    def near(self, wanted: str) -> Nearness:
        """How the stated places, of which there is at least one, stand to the wanted region."""
        known = self._nearness.get(wanted)
        if known is None:
            judged = [_judge(wanted, text, node) for text, node in self.places.items()]
            known = self._nearness[wanted] = min(judged, key=lambda nearness: nearness[0])
        return known

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Where each text stands, and the text folded."""
        return tuple((where, fold(text)) for where, text in _texts(self.facts) if text)

    @cached_property
    def _body(self) -> str:
        # No folded text holds a line break, so no phrase runs from one field into the next.
        return "\n".join(text for _, text in self.texts)

    def occurs(self, phrase: Phrase) -> bool:
        """Whether the phrase stands in any of the texts."""
        known = self._occurs.get(phrase.folded)
        if known is None:
            known = self._occurs[phrase.folded] = phrase.occurs(self._body)
        return known

    def where(self, phrase: Phrase) -> str:
        """`the title`, for a phrase that occurs."""
        return next(where for where, text in self.texts if phrase.occurs(text))

    @cached_property
    def _buyers(self) -> dict[str, str]:
        return {fold(buyer.name): buyer.name for buyer in self.facts.buyers or ()}

    def buyer(self, pattern: Name) -> str | None:
        """The first buyer whose name fits the pattern, as stated."""
        if pattern.folded not in self._fits:
            fitting = (name for folded, name in self._buyers.items() if pattern.fits(folded))
            self._fits[pattern.folded] = next(fitting, None)
        return self._fits[pattern.folded]

    @cached_property
    def value(self) -> tuple[float, str] | None:
        """The figure to compare with a band, and its currency; None where none is stated."""
        return figure(self.facts.value)

    @cached_property
    def suitability(self) -> dict[str, bool | None]:
        """`sme` and `vcse`: set for the whole or for some lot, else refused, else not stated."""
        held: list[Facts | Lot] = [self.facts, *(self.facts.lots or ())]
        return {"sme": _any([f.sme for f in held]), "vcse": _any([f.vcse for f in held])}

    @cached_property
    def stated_value(self) -> str:
        """`1,500,000 GBP`, where a value is stated: a band compares the figure alone."""
        return f"{money(self.value[0])} {self.value[1]}".rstrip() if self.value else ""

    def offers(self, kind: Kind) -> set[str]:
        """The keys under which a subscription that this record meets by that criterion is filed.

        For regions these are the stated places and all around them, not those inside them.
        """
        if kind == "cpv":
            return set(self.under)
        if kind == "words":
            return tokens(self._body)
        if kind == "buyers":
            return {token for folded in self._buyers for token in name_tokens(folded)}
        return {r for node in self.places.values() if node for r in regions.ancestors(node)}

    def nowhere(self) -> bool:
        """Whether every wanted region passes: no place is stated, or one that cannot be read."""
        return not self.places or None in self.places.values()


def prefixes(code: str) -> list[str]:
    """What a subscription may write of a CPV code: from the first digit to all of them."""
    return [code[:length] for length in range(1, min(len(code), _CODE_LENGTH) + 1)]


def figure(stated: Value | None) -> tuple[float, str] | None:
    """The figure of a value to compare with a band, and its currency; None where it has none."""
    amount = stated.amount if stated else None
    # A portal has written 1e9999, which is no figure.
    if stated is None or amount is None or not math.isfinite(amount):
        return None
    return amount, stated.currency


def apart(wanted: str, node: str | None) -> bool:
    """Whether a stated place (None: it cannot be read) surely lies apart from the wanted region."""
    return node is not None and regions.relation(wanted, node) == "apart"


def _any(flags: list[bool | None]) -> bool | None:
    return True if True in flags else (False if False in flags else None)


def money(amount: float) -> str:
    """`1,500,000`."""
    if abs(amount) >= 1e15:  # a slip of the source; its digits would fill the message
        return f"{amount:.3g}"
    return f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"


def _texts(facts: Facts) -> Iterator[tuple[str, str | None]]:
    yield "the title", facts.title
    yield "the description", facts.description
    for lot in facts.lots or ():
        yield f"the title of lot {lot.id}", lot.title
        yield f"the description of lot {lot.id}", lot.description


def _judge(wanted: str, text: str, node: str | None) -> Nearness:
    stated = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    if node is None:
        return 2, f"place '{stated}' is not known"
    relation = regions.relation(wanted, node)
    if relation == "apart":
        return 3, None
    name = regions.name(wanted)
    if relation == "wider":
        return 1, f"place {regions.name(node)}, wider than {name}"
    same = name.casefold() == text.strip().casefold()
    return 0, f"place {name}" if same else f"place {stated} in {name}"
