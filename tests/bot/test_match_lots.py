"""A notice of several lots: by which of them a subscription is met, and how that is told."""

from __future__ import annotations

from typing import Any

import pytest

from bot.match import Index, misses, reason
from bot.model import Code, Event, Lot, Value
from bot.wants import Match
from tests.make import event, record, subscription


def lot(id: str, cpv: str = "", place: str = "", value: float | None = None, **more: Any) -> Lot:
    return Lot(
        id,
        cpv=(Code(cpv),) if cpv else (),
        places=(place,) if place else (),
        value=Value(value, None, "GBP") if value else None,
        **more,
    )


def noticed(*lots: Lot, cpv: str = "", place: str = "", **more: Any) -> Event:
    """A new notice, its codes and places those of the whole and of all lots."""
    codes = [cpv, *(code.id for one in lots for code in one.cpv)]
    places = [place, *(stated for one in lots for stated in one.places)]
    stated: dict[str, Any] = {
        "title": "Services for Northwick",
        "description": None,
        "cpv": tuple(map(Code, dict.fromkeys(filter(None, codes)))),
        "places": tuple(dict.fromkeys(filter(None, places))),
        "lots": lots,
    }
    return event(record=record(**(stated | more)))


CARE, ROADS = lot("1", "85311000", "UKD73"), lot("2", "45233141", "UKM50")
AREAS = tuple(lot(f"LOT-{n:04}", "85311000" if n in (2, 5) else "45000000") for n in range(1, 41))


def test_the_code_of_one_lot_and_the_place_of_another_are_no_match() -> None:
    ask, told = subscription(cpv=("853",), regions=("UKM",)), noticed(CARE, ROADS)
    assert Index([ask]).matches(told) == []
    assert reason(ask, told) == ""
    (why,) = misses(ask, told)
    assert why == "lots: no lot meets all at once; CPV by lot 1, place by lot 2"


# what is asked, of which notice: the reason, and the lots
MET: dict[str, tuple[dict[str, Any], Event, str, tuple[str, ...]]] = {
    "the code and the place of one lot": (
        {"cpv": ("45",), "regions": ("UKM",)},
        noticed(CARE, ROADS),
        "lot 2: CPV 45233141 under 45000000; place UKM50 in Scotland",
        ("2",),
    ),
    "two lots of forty": (
        {"cpv": ("853",)},
        noticed(*AREAS),
        "lot 2: CPV 85311000 under 85300000; lot 5 as well",
        ("LOT-0002", "LOT-0005"),
    ),
    "most lots of forty": (
        {"cpv": ("45",)},
        noticed(*AREAS),
        "lot 1: CPV 45000000; lots 3, 4, 6, 7, 8 and 32 more as well",
        tuple(one.id for one in AREAS if one.id[-1] not in "25" or one.id[-2] != "0"),
    ),
    "every lot, so the whole": (
        {"cpv": ("853",), "minimum": 2e6},
        noticed(lot("1", "85311000", value=1e6), lot("2", "85312000", value=1.5e6),
                value=Value(2.5e6, None, "GBP")),
        "CPV 85311000 under 85300000; value 2,500,000 GBP",
        (),
    ),
    "every lot in a band that the whole is above": (
        {"cpv": ("853",), "maximum": 2e6},
        noticed(lot("1", "85311000", value=1e6), lot("2", "85312000", value=1.5e6),
                value=Value(2.5e6, None, "GBP")),
        "lot 1: CPV 85311000 under 85300000; value 1,000,000 GBP; lot 2 as well",
        (),
    ),
    "the whole's place for a lot that states none": (
        {"cpv": ("45",), "regions": ("UKL",)},
        noticed(lot("1", "85311000"), lot("2", "45233141"), place="UKL17"),
        "lot 2: CPV 45233141 under 45000000; place UKL17 in Wales",
        ("2",),
    ),
    "the whole's value for a lot that states none": (
        {"cpv": ("45",), "minimum": 1e6},
        noticed(CARE, ROADS),
        "lot 2: CPV 45233141 under 45000000; value 1,500,000 GBP",
        ("2",),
    ),
    "a lot's value, though the whole is above the band": (
        {"cpv": ("45",), "maximum": 5e5},
        noticed(CARE, lot("2", "45233141", value=2e5)),
        "lot 2: CPV 45233141 under 45000000; value 200,000 GBP",
        ("2",),
    ),
    "the main code of the whole, which no lot repeats": (
        {"cpv": ("60",), "regions": ("UKM",)},
        noticed(CARE, ROADS, cpv="60100000"),
        "lot 2: CPV 60100000 under 60000000; place UKM50 in Scotland",
        ("2",),
    ),
    "a word of the whole's title": (
        {"cpv": ("45",), "words": ("northwick",)},
        noticed(CARE, ROADS),
        "lot 2: CPV 45233141 under 45000000; word 'northwick'",
        ("2",),
    ),
    "a word of a lot's own": (
        {"words": ("bridges",), "cpv": ("45",)},
        noticed(CARE, lot("2", "45233141"), lot("3", "45233141", description="Bridges")),
        "lot 3: CPV 45233141 under 45000000; word 'bridges'",
        ("3",),
    ),
    "a lot that is suitable, beside one that is not": (
        {"suitability": ("sme",)},
        noticed(lot("1", "85311000", sme=False), lot("2", "45233141", sme=True), sme=False),
        "suitable for SMEs",
        (),
    ),
    "a lot that is suitable itself": (
        {"cpv": ("45",), "suitability": ("sme",)},
        noticed(lot("1", "85311000", sme=False), lot("2", "45233141", sme=True), sme=True),
        "lot 2: CPV 45233141 under 45000000; suitable for SMEs",
        ("2",),
    ),
    "a lot of which nothing is known": (
        {"cpv": ("853",), "regions": ("UKM",)},
        noticed(CARE, ROADS, lot("3")),
        "lot 3: CPV 85311000 under 85300000; place UKM50 in Scotland",
        ("3",),
    ),
    "a lot whose number is written out": (
        {"cpv": ("45",)},
        noticed(CARE, lot("Lot 2", "45233141")),
        "lot 2: CPV 45233141 under 45000000",
        ("Lot 2",),
    ),
    "lots that state neither code nor place are asked as one": (
        {"cpv": ("853",), "words": ("respite",), "minimum": 1e6},
        noticed(lot("1", value=2e5, description="Respite"), lot("2"), cpv="85311000"),
        "CPV 85311000 under 85300000; word 'respite'; value 1,500,000 GBP",
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("situation", MET)
def test_a_subscription_is_met_by(situation: str) -> None:
    asked, told, why, lots = MET[situation]
    ask = subscription("Care", **asked)
    assert misses(ask, told) == ()
    assert reason(ask, told) == why
    assert Index([ask]).matches(told) == [Match("Care", why, lots)]


MISSED: dict[str, tuple[dict[str, Any], Event, str]] = {
    "a word of another lot": (
        {"cpv": ("45",), "words": ("respite",)},
        noticed(lot("1", "85311000", description="Respite"), ROADS),
        "lots: no lot meets all at once; CPV by lot 2, word by lot 1",
    ),
    "the value of another lot": (
        {"cpv": ("45",), "minimum": 1e6},
        noticed(lot("1", "85311000", value=2e6), lot("2", "45233141", value=2e5)),
        "lots: no lot meets all at once; CPV by lot 2, value by lot 1",
    ),
    "the value of the whole for a part of it": (
        {"cpv": ("45",), "minimum": 1e6},
        noticed(lot("1", "85311000", value=9e5), lot("2", "45233141", value=2e5)),
        "lots: no lot meets all at once; CPV by lot 2, value by the whole",
    ),
    "an unwanted word anywhere": (
        {"cpv": ("45",), "not_words": ("respite",)},
        noticed(lot("1", "85311000", description="Respite"), ROADS),
        "not_words: 'respite' occurs in the description of lot 1",
    ),
    "a place that neither has": (
        {"cpv": ("45",), "regions": ("UKL",)},
        noticed(CARE, ROADS),
        "place: none of UKD73, UKM50 is in Wales",
    ),
}


@pytest.mark.parametrize("situation", MISSED)
def test_a_subscription_is_missed_by(situation: str) -> None:
    asked, told, why = MISSED[situation]
    ask = subscription(**asked)
    assert misses(ask, told) == (why,)
    assert Index([ask]).matches(told) == []


def test_what_a_lot_was_before_an_amendment_names_no_lot_for_later() -> None:
    was = noticed(CARE, ROADS).record
    moved = noticed(CARE, lot("2", "90000000", "UKM50"))
    told = event("amended", record=moved.record, before=was)
    why = "before the amendment: lot 2: CPV 45233141 under 45000000"
    assert Index([subscription("Care", cpv=("45",))]).matches(told) == [Match("Care", why)]
