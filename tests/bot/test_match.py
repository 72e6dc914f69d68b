"""Which subscriptions an event meets, and how it is explained."""

from __future__ import annotations

from typing import Any

import pytest

from bot import regions
from bot.match import Index, misses, reason
from bot.model import Code, Event, Lot, Value
from bot.wants import Subscription
from tests.make import event, record, subscription


def node(text: str) -> str:
    found = regions.place(text)
    assert found is not None
    return found


def wanted(**more: Any) -> Subscription:
    if "regions" in more:
        more["regions"] = tuple(map(node, more["regions"]))
    return subscription(**more)


def noticed(**more: Any) -> Event:
    return event(record=record(**more))


def cpv(*codes: str) -> tuple[Code, ...]:
    return tuple(map(Code, codes))


def test_a_reason_names_every_criterion_with_the_term_that_decided() -> None:
    ask = wanted(
        cpv=("80", "853"),
        regions=("North West", "Scotland"),
        words=("day centre", "supported living"),
        not_words=("cleaning",),
        minimum=50_000.0,
        buyers=("Sefton*", "northwick *"),
    )
    told = noticed(cpv=cpv("85311000"), places=("UKM50",))
    assert misses(ask, told) == ()
    assert reason(ask, told) == (
        "CPV 85311000 under 85300000; place UKM50 in Scotland; word 'supported living'; "
        "without 'cleaning'; value 1,500,000 GBP; buyer Northwick Borough Council"
    )


MATCHES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("no criterion", {}, {}, "everything"),
    ("the code itself", {"cpv": ("85311",)}, {}, "CPV 85311000"),
    ("a division", {"cpv": ("85",)}, {}, "CPV 85311000 under 85000000"),
    (
        "a lot's code",
        {"cpv": ("45",)},
        {"lots": (Lot("1", cpv=cpv("45233141")),)},
        "CPV 45233141 under 45000000",
    ),
    ("the region itself", {"regions": ("Scotland",)}, {"places": ("Scotland",)}, "place Scotland"),
    (
        "a region's newer code",
        {"regions": ("Scotland",)},
        {"places": ("TLM5",)},
        "place TLM5 in Scotland",
    ),
    (
        "a wider place",
        {"regions": ("Scotland",)},
        {"places": ("UK",)},
        "place United Kingdom, wider than Scotland",
    ),
    (
        "a region wider than a district",
        {"regions": ("UKD73",)},
        {"places": ("North West",)},
        f"place {regions.name('UKD')}, wider than {regions.name('UKD73')}",
    ),
    (
        "England for a region of it",
        {"regions": ("North West",)},
        {"places": ("England",)},
        f"place England, wider than {regions.name('UKD')}",
    ),
    (
        "a place inside before a wider one",
        {"regions": ("Scotland", "Wales")},
        {"places": ("UK", "UKL17")},
        "place UKL17 in Wales",
    ),
    (
        "two wanted regions at once",
        {"regions": ("Wales", "Scotland")},
        {"places": ("UKM50", "UKL17")},
        "place UKL17 in Wales",
    ),
    (
        "a lot's place",
        {"regions": ("Scotland",)},
        {"lots": (Lot("1", places=("UKM50",)),)},
        "place UKM50 in Scotland",
    ),
    ("no place", {"regions": ("Scotland",)}, {"places": None}, "no place stated"),
    ("a blank place", {"regions": ("Scotland",)}, {"places": (" ",)}, "no place stated"),
    (
        "a place that means nothing to us",
        {"regions": ("Scotland",)},
        {"places": ("the old mill",)},
        "place 'the old mill' is not known",
    ),
    (
        "a word in a lot",
        {"words": ("respite",)},
        {"lots": (Lot("1", description="Respite at weekends"),)},
        "word 'respite'",
    ),
    ("a value in its band", {"minimum": 1e6, "maximum": 1.5e6}, {}, "value 1,500,000 GBP"),
    (
        "the gross value where no other is stated",
        {"maximum": 2e6},
        {"value": Value(None, 10.5, "EUR")},
        "value 10.50 EUR",
    ),
    ("a value on the lower bound", {"minimum": 1.5e6}, {}, "value 1,500,000 GBP"),
    ("no value", {"minimum": 1.0}, {"value": None}, "value not stated"),
    (
        "a value without a figure",
        {"minimum": 1.0},
        {"value": Value(None, None, "GBP")},
        "value not stated",
    ),
    (
        "a value that is no number",
        {"maximum": 1.0},
        {"value": Value(float("inf"), None, "GBP")},
        "value not stated",
    ),
    (
        "a buyer's name from its middle",
        {"buyers": ("*thwick bor*",)},
        {},
        "buyer Northwick Borough Council",
    ),
    ("suitable as a whole", {"suitability": ("sme",)}, {"sme": True}, "suitable for SMEs"),
    (
        "one suitable lot",
        {"suitability": ("sme", "vcse")},
        {"sme": False, "lots": (Lot("1", vcse=True),)},
        "suitable for VCSEs",
    ),
    ("silence on suitability", {"suitability": ("sme",)}, {}, "suitability not stated"),
    ("an unusual stage", {"stages": ("contract",)}, {"stage": "contract"}, "stage contract"),
    ("any stage", {"stages": ()}, {"stage": "contract"}, "everything"),
    (
        "more unwanted words than a message should list",
        {"not_words": tuple("abcdefg")},
        {"title": "Bus", "description": None},
        "without 'a', 'b', 'c', 'd', 'e' and 2 more",
    ),
]


@pytest.mark.parametrize(
    ("ask", "stated", "why"), [c[1:] for c in MATCHES], ids=[c[0] for c in MATCHES]
)
def test_a_subscription_is_met_by(ask: dict[str, Any], stated: dict[str, Any], why: str) -> None:
    subscription, told = wanted(**ask), noticed(**stated)
    assert misses(subscription, told) == ()
    assert reason(subscription, told) == why
    assert [(m.subscription, m.reason) for m in Index([subscription]).matches(told)] == [
        (subscription.name, why)
    ]


MISSES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "other codes",
        {"cpv": ("853", "80")},
        {"cpv": cpv("45233141")},
        "CPV: none of 45233141 is under 85300000 or 80000000",
    ),
    (
        "a wider code",
        {"cpv": ("45233",)},
        {"cpv": cpv("45000000")},
        "CPV: none of 45000000 is under 45233000",
    ),
    (
        "no code",
        {"cpv": ("853",)},
        {"cpv": None},
        "CPV: no code is stated; the subscription wants 85300000",
    ),
    (
        "more codes than a message should list",
        {"cpv": ("853",)},
        {"cpv": cpv(*(f"4500000{n}" for n in range(8)))},
        "CPV: none of 45000000, 45000001, 45000002, 45000003, 45000004 and 3 more"
        " is under 85300000",
    ),
    (
        "a place apart",
        {"regions": ("Scotland", "Wales")},
        {"places": ("UKD73",)},
        "place: none of UKD73 is in Scotland or Wales",
    ),
    (
        "no such word",
        {"words": ("bridges", "roof*")},
        {},
        "word: none of 'bridges', 'roof*' occurs",
    ),
    (
        "an unwanted word in the title",
        {"not_words": ("roads", "living")},
        {},
        "not_words: 'living' occurs in the title",
    ),
    (
        "an unwanted word in a lot",
        {"not_words": ("Cleaning",)},
        {"lots": (Lot("2", title="Cleaning"),)},
        "not_words: 'Cleaning' occurs in the title of lot 2",
    ),
    (
        "a value above the band",
        {"maximum": 2e6},
        {"value": Value(2.5e6, None, "GBP")},
        "value: 2,500,000 GBP is above 2,000,000",
    ),
    ("a value below it", {"minimum": 2e6}, {}, "value: 1,500,000 GBP is below 2,000,000"),
    (
        "no value where one is demanded",
        {"minimum": 1.0, "unstated": False},
        {"value": None},
        "value: not stated",
    ),
    (
        "another buyer",
        {"buyers": ("Sefton*", "Kent")},
        {},
        "buyer: 'Northwick Borough Council' is not Sefton* or Kent",
    ),
    (
        "no buyer",
        {"buyers": ("Sefton*",)},
        {"buyers": None},
        "buyer: not stated; the subscription wants Sefton*",
    ),
    (
        "a box left empty",
        {"suitability": ("vcse",)},
        {"sme": True},
        "suitability: not marked as suitable for VCSEs",
    ),
    (
        "a refusal",
        {"suitability": ("sme", "vcse")},
        {"sme": False},
        "suitability: not marked as suitable for SMEs or VCSEs",
    ),
    (
        "another stage",
        {},
        {"stage": "contract"},
        "stage: contract; the subscription wants planning, tender",
    ),
]


@pytest.mark.parametrize(
    ("ask", "stated", "why"), [c[1:] for c in MISSES], ids=[c[0] for c in MISSES]
)
def test_a_subscription_is_missed_by(ask: dict[str, Any], stated: dict[str, Any], why: str) -> None:
    subscription, told = wanted(**ask), noticed(**stated)
    assert misses(subscription, told) == (why,)
    assert reason(subscription, told) == ""
    assert Index([subscription]).matches(told) == []


def test_everything_that_is_missing_is_told_at_once() -> None:
    ask = wanted(cpv=("45",), words=("bridge",), maximum=10.0)
    assert [miss.partition(":")[0] for miss in misses(ask, noticed())] == ["CPV", "word", "value"]


@pytest.mark.parametrize("name", ["started", "operators"])
def test_an_event_about_no_record_meets_nobody(name: Any) -> None:
    told = Event(key="k", name=name, source="find-a-tender", at=record().published)
    assert Index([wanted()]).matches(told) == []
    assert misses(wanted(), told) == (f"event: '{name}' is about no notice",)
    assert reason(wanted(), told) == ""


def test_matches_come_in_the_order_of_the_subscriptions() -> None:
    asks = [
        wanted(name="by place", regions=("North West",)),
        wanted(name="elsewhere", regions=("Wales",)),
        wanted(name="by nothing"),
        wanted(name="by code and word", cpv=("85", "853"), words=("living", "support*")),
        wanted(name="by buyer", buyers=("Northwick Borough Council", "N*")),
    ]
    assert [m.subscription for m in Index(asks).matches(noticed())] == [
        "by place",
        "by nothing",
        "by code and word",
        "by buyer",
    ]


def test_a_subscription_with_very_many_codes_and_places_is_found() -> None:
    codes = tuple(str(n) for n in range(10, 99))
    ask = wanted(cpv=codes, regions=("UKC", "UKD", "UKE", "UKF"))
    assert Index([ask]).matches(noticed())


def test_a_phrase_does_not_run_from_the_title_into_the_description() -> None:
    told = noticed(title="Housing support", description="living costs")
    ask = wanted(words=("support living",))
    assert misses(ask, told) == ("word: none of 'support living' occurs",)
    assert Index([ask]).matches(told) == []
