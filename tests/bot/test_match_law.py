"""The law of matching: the index finds exactly the subscriptions that miss nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot import regions
from bot.match import Index, misses, reason
from bot.model import STAGES, Buyer, Code, Event, Lot, Value
from bot.wants import Subscription
from tests.make import event, facts, record, subscription


def some(*values: Any, most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=most).map(tuple)


PLACES = (
    "UK",
    "England",
    "UKD",
    "UKD73",
    "TLD7",
    "Scotland",
    "UKM50",
    "FR",
    "L20 1AA",
    "old mill",
    "",
)
WANTED = ("UK", "England", "UKD", "UKD73", "Scotland", "UKM50", "FR")
NODES = tuple(filter(None, map(regions.place, WANTED)))
TEXTS = (
    "Supported  living",
    "sup&eacute;r caf&eacute;",
    "children’s-care",
    "R&amp;D, C++",
    "x",
    "",
)
PATTERNS = (
    "supported living",
    "sup*",
    "su*",
    "CAFE",
    "children's care",
    "r&d",
    "c++",
    "liv*",
    "*",
    "",
)
NAMES = ("Kent County Council", "Kent", "NHS  Trust (North)", "kéntish Council", "")
WILD = (
    *NAMES,
    "kent*",
    "*council",
    "ke*",
    "*",
    "k*t c* council",
    "nhs trust (*",
    "*north*",
    "?ent",
)
FIGURES = (None, 0.0, 10.0, 20.0, float("inf"))
CODES = some("85311000", "85000000", "45233141", "80", "")
FLAGS = st.sampled_from((None, True, False))

SUBSCRIPTIONS = st.builds(
    subscription,
    name=st.uuids().map(str),
    cpv=some("8", "85", "853", "85311000", "452", "80"),
    regions=some(*NODES, most=3),
    words=some(*PATTERNS),
    not_words=some(*PATTERNS, most=1),
    minimum=st.sampled_from((None, 5.0, 20.0)),
    maximum=st.sampled_from((None, 5.0, 20.0)),
    unstated=st.booleans(),
    buyers=some(*WILD),
    suitability=some("sme", "vcse"),
    stages=some(*STAGES, most=4),
)
VALUES = st.none() | st.builds(Value, *[st.sampled_from(FIGURES)] * 2, st.just("GBP"))
LOTS = st.builds(
    Lot,
    st.just("1"),
    title=st.sampled_from(TEXTS),
    cpv=CODES.map(lambda c: tuple(map(Code, c))),
    places=some(*PLACES),
    value=VALUES,
    sme=FLAGS,
    vcse=FLAGS,
)


def numbered(lots: list[Lot]) -> tuple[Lot, ...]:
    return tuple(replace(lot, id=str(n)) for n, lot in enumerate(lots, start=1))


RECORDS = st.builds(
    lambda stage, **stated: record(stage=stage, facts=facts(**stated)),
    stage=st.sampled_from(STAGES),
    title=st.sampled_from((None, *TEXTS)),
    description=st.sampled_from((None, *TEXTS)),
    buyers=st.none() | some(*NAMES).map(lambda names: tuple(map(Buyer, names))),
    cpv=st.none() | CODES.map(lambda c: tuple(map(Code, c))),
    places=st.none() | some(*PLACES),
    value=VALUES,
    sme=FLAGS,
    vcse=FLAGS,
    lots=st.none() | st.lists(LOTS, max_size=4).map(numbered),
)
EVENTS = st.builds(
    lambda after, before: event(record=after, before=before), RECORDS, st.none() | RECORDS
)


@given(st.lists(SUBSCRIPTIONS, max_size=6), EVENTS)
def test_the_index_finds_exactly_the_subscriptions_that_miss_nothing(
    asks: list[Subscription], told: Event
) -> None:
    found = [(m.subscription, m.reason) for m in Index(asks).matches(told)]
    assert found == [(a.name, reason(a, told)) for a in asks if not misses(a, told)]
    assert all(why for _, why in found)
