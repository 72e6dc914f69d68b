"""The law of lots: the whole notice meets a subscription, or one lot does; never parts of two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match import Index, misses
from bot.model import Buyer, Code, Event, Facts, Lot, Value
from bot.wants import Subscription
from tests.make import event, facts, record, subscription


def some(*values: Any, most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


CODES = some("85311000", "85000000", "45233141", "")
PLACES = some("UK", "UKD73", "UKM50", "old mill", " ")
TEXTS = st.sampled_from(("Homes", "Roads", ""))
FLAGS = st.sampled_from((None, True, False))
VALUES = st.sampled_from(
    (None, Value(10.0, None, "GBP"), Value(None, 20.0, "GBP"), Value(float("inf"), None, "GBP"))
)
# Each criterion is given now and then, so that most are met by something.
SUBSCRIPTIONS = st.builds(
    subscription,
    name=st.uuids().map(str),
    cpv=some("853", "45", "85000000", most=1),
    regions=some("UKD", "UKM", most=1),
    words=some("homes", "roads", most=1) | st.just(()),
    not_words=st.sampled_from(((), (), (), ("roads",))),
    minimum=st.sampled_from((None, None, 15.0)),
    maximum=st.sampled_from((None, None, 15.0)),
    unstated=st.booleans(),
    suitability=st.sampled_from(((), (), ("sme",))),
)
LOTS = st.builds(
    Lot,
    st.just("1"),
    title=TEXTS,
    cpv=CODES.map(lambda c: tuple(map(Code, c))),
    places=PLACES,
    value=VALUES,
    sme=FLAGS,
    vcse=FLAGS,
)


def numbered(lots: list[Lot]) -> tuple[Lot, ...]:
    return tuple(replace(lot, id=str(n)) for n, lot in enumerate(lots, start=1))


EVENTS = st.builds(
    lambda **stated: event(record=record(facts=facts(**stated))),
    title=TEXTS,
    description=st.none(),
    buyers=st.just((Buyer("Northwick"),)),
    cpv=CODES.map(lambda c: tuple(map(Code, c))),
    places=PLACES,
    value=VALUES,
    sme=FLAGS,
    lots=st.lists(LOTS, max_size=4).map(numbered),
)


def asked(ask: Subscription) -> list[Subscription]:
    """The subscription, one criterion at a time."""
    alone = subscription(stages=())
    band = {"minimum": ask.minimum, "maximum": ask.maximum, "unstated": ask.unstated}
    names = ("stages", "cpv", "regions", "words", "not_words", "buyers", "suitability")
    return [replace(alone, **{name: getattr(ask, name)}) for name in names] + [
        replace(alone, **band)
    ]


def states(lot: Lot) -> tuple[tuple[Code, ...], tuple[str, ...]]:
    return tuple(c for c in lot.cpv if c.id), tuple(p for p in lot.places if p.strip())


def as_one(said: Facts) -> Facts:
    """The notice with what its lots state moved to the whole, so that it is asked as one."""
    lots = said.lots or ()
    return replace(
        said,
        cpv=(*(said.cpv or ()), *(c for lot in lots for c in lot.cpv)),
        places=(*(said.places or ()), *(p for lot in lots for p in lot.places)),
        lots=tuple(Lot(lot.id, lot.title, sme=lot.sme, vcse=lot.vcse) for lot in lots),
    )


def alone(said: Facts, lot: Lot) -> Facts:
    """The notice as if one lot were all of it."""
    whole, (codes, places) = as_one(said), states(lot)
    others = {code for each in said.lots or () for code in each.cpv}
    own = tuple(code for code in said.cpv or () if code not in others)
    figures = (lot.value.net, lot.value.gross) if lot.value else ()
    first = next((f for f in figures if f is not None), float("inf"))
    flags: dict[str, Any] = {}
    for name in ("sme", "vcse"):
        every = [getattr(each, name) for each in (said, *(said.lots or ()))]
        stated = True if True in every else False if False in every else None
        silent = lot.sme is None and lot.vcse is None
        flags[name] = stated if silent else getattr(lot, name)
    return replace(
        whole,
        cpv=(*codes, *own) if codes else whole.cpv,
        places=places or whole.places,
        value=lot.value if first != float("inf") else said.value,
        lots=(Lot(lot.id, lot.title),),
        **flags,
    )


def meets(ask: Subscription, said: Facts, told: Event) -> bool:
    assert told.record is not None
    return not misses(ask, replace(told, record=replace(told.record, facts=said), before=None))


def lots_by_hand(ask: Subscription, told: Event) -> tuple[str, ...] | None:
    """The lots that meet it, () for the whole notice, None for nobody; each asked in turn."""
    assert told.record is not None
    said = told.record.facts
    lots = said.lots or ()
    if len(lots) < 2 or not any(any(states(lot)) for lot in lots):
        return () if meets(ask, said, told) else None
    parts = [alone(said, lot) for lot in lots]
    spoils = not meets(
        replace(subscription(stages=()), not_words=ask.not_words), as_one(said), told
    )
    if spoils:
        return None
    ask = replace(ask, not_words=())
    named = {place for lot in lots for place in lot.places}
    own = tuple(place for place in said.places or () if place.strip() and place not in named)
    if all(
        meets(one, as_one(said), told)
        and (
            not (one.cpv or one.regions or one.words)
            or all(meets(one, part, told) for part in parts)
            or (one.regions and own and meets(one, replace(said, places=own, lots=()), told))
        )
        for one in asked(ask)
    ):
        return ()
    found = tuple(lot.id for lot, part in zip(lots, parts, strict=True) if meets(ask, part, told))
    return (() if len(found) == len(lots) else found) if found else None


@settings(max_examples=500)
@given(st.lists(SUBSCRIPTIONS, min_size=4, max_size=8), EVENTS)
def test_the_lots_found_are_those_that_meet_every_criterion_by_themselves(
    asks: list[Subscription], told: Event
) -> None:
    expected = [(ask.name, lots) for ask in asks if (lots := lots_by_hand(ask, told)) is not None]
    assert [(m.subscription, m.lots) for m in Index(asks).matches(told)] == expected
