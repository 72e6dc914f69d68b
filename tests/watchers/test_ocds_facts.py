"""What a release states, quirk by quirk."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Code, Value
from tests.make import at
from tests.watchers import ocds
from tests.watchers.ocds import cf, notice, of_type, release


def test_cpv_stands_in_four_places():
    def item(code: str) -> dict[str, Any]:
        return {"id": code, "additionalClassifications": [{"scheme": "CPV", "id": code}]}

    found = release(
        {
            "classification": {"scheme": "CPV", "id": "85000000"},
            "additionalClassifications": [{"scheme": "CPV", "id": "85310000-5"}],
            "items": [item("85311000"), item("85311000"), {"classification": {"id": "85312000"}}],
        },
        awards=[{"id": "1", "items": [item("85320000")]}],
        contracts=[{"id": "1", "items": [{"classification": {"scheme": "CPV", "id": "85321000"}}]}],
    )
    codes = [code.id for code in notice(found).facts.cpv or ()]
    assert codes == [
        *("85000000", "85310000", "85311000", "85312000", "85320000", "85321000"),
    ]


def test_a_code_keeps_the_first_label_and_other_schemes_are_no_cpv():
    entries = [
        {"scheme": "CPV", "id": "85311000"},
        {"scheme": "CPV", "id": "85311000", "description": "Social work"},
        {"scheme": "UNSPSC", "id": "93141500", "description": "Other"},
        {"scheme": "CPV", "id": "none"},
    ]
    found = notice(release({"items": [{"additionalClassifications": entries}]}))
    assert found.facts.cpv == (Code("85311000", "Social work"),)


@pytest.mark.parametrize(
    ("addresses", "places"),
    [
        ([{"region": "UKD7", "country": "GB"}, {"region": "UKD7"}], ("UKD7",)),
        ([{"region": "London", "countryName": "United Kingdom"}], ("London",)),
        ([{"postalCode": "BN23 5TL"}], ("BN23 5TL",)),
        ([{"countryName": "Isle of Man"}, {"countryName": "Jersey"}], ("Isle of Man", "Jersey")),
        ([{"country": "BR", "countryName": "Brazil"}], ("BR",)),
        ([], ("UKD73",)),
        ([{}], ("UKD73",)),
        (None, ("UKD73",)),
    ],
)
def test_places_as_stated_else_the_buyer_s_seat(addresses: Any, places: tuple[str, ...]):
    found = notice(release({"items": [{"id": "1", "deliveryAddresses": addresses}]}))
    assert found.facts.places == places


def test_the_buyer_is_the_party_of_that_role_else_the_release_s_own():
    party = {"id": "X-1", "name": "Eastvale", "roles": ["buyer", "centralPurchasingBody"]}
    other = {"id": "X-2", "name": "Panel", "roles": ["reviewBody"]}
    buyers = notice(release(parties=[other, party])).facts.buyers or ()
    assert [(b.name, b.id) for b in buyers] == [("Eastvale", "X-1")]
    alone = notice(release(parties=[other], buyer={"id": "X-3", "name": "Westmoor"}))
    assert [(b.name, b.id) for b in alone.facts.buyers or ()] == [("Westmoor", "X-3")]


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ({"amount": 40000, "amountGross": 48000.0, "currency": "GBP"}, Value(40000, 48000, "GBP")),
        ({"amount": 0, "amountGross": 48000, "currency": "EUR"}, Value(None, 48000, "EUR")),
        ({"amount": 0, "amountGross": 0, "currency": "GBP"}, None),
        ({"amount": "40000"}, Value(40000, None, "GBP")),
        ({"amount": "about 5"}, None),
        ({"amount": True}, None),
        ({"amount": 10**400}, None),
        ("40000", None),
        (None, None),
    ],
)
def test_zero_is_no_value(stated: Any, value: Value | None):
    assert notice(release({"value": stated})).facts.value == value


def test_the_lots_values_stand_for_a_tender_without_its_own():
    lots = [{"id": "1", "value": {"amount": 10, "amountGross": 12}}, {"id": "2"}]
    assert notice(release({"lots": lots})).facts.value is None
    lots[1]["value"] = {"amount": 5}
    assert notice(release({"lots": lots})).facts.value == Value(15, None, "GBP")


def test_the_lower_bound_stands_where_the_upper_is_not_stated():
    found = notice(cf({"value": {"amount": 0}, "minValue": {"amount": 20000, "currency": "GBP"}}))
    assert found.facts.value == Value(20000, None, "GBP")


@pytest.mark.parametrize(
    ("lots", "tender", "expected"),
    [
        ([{}], {}, (None, None)),
        ([{"sme": True}, {}], {}, (True, None)),
        ([{"sme": False, "vcse": True}, {"sme": True}], {}, (True, True)),
        ([], {"sme": True, "vcse": False}, (True, False)),
    ],
)
def test_suitability_of_the_lots_or_the_tender(lots: Any, tender: Any, expected: Any):
    rows = [{"id": str(n), "suitability": s} for n, s in enumerate(lots)]
    facts = notice(release({"lots": rows, "suitability": tender})).facts
    assert (facts.sme, facts.vcse) == expected


def test_contracts_finder_s_entities_are_taken_back_once():
    found = notice(cf({"title": " Tower &amp; mast ", "description": "&amp;lt; &lt;\r\n"}))
    assert (found.facts.title, found.facts.description) == ("Tower & mast", "&lt; <")
    assert notice(release({"title": "A &amp; B"})).facts.title == "A &amp; B"


@pytest.mark.parametrize(
    ("details", "procedure"),
    [
        ("Open procedure", "Open procedure"),
        ("Other - ", "selective"),
        ("Other - Single Source", "Other - Single Source"),
        ("", "selective"),
        (None, "selective"),
        ("Not specified", "selective"),
    ],
)
def test_a_placeholder_is_no_procedure(details: str | None, procedure: str):
    tender = {"procurementMethodDetails": details, "procurementMethod": "selective"}
    assert notice(release(tender)).facts.procedure == procedure


def test_documents_are_those_offered_to_bidders():
    papers = [
        {"id": "000101-2026", "noticeType": "UK4", "url": f"{ocds.FTS}/Notice/000101-2026"},
        {
            "id": "conflictOfInterest",
            "documentType": "conflictOfInterest",
            "url": "https://x.example",
        },
        {"id": "future", "documentType": "biddingDocuments", "accessDetails": "Later."},
        {
            "id": "A-1",
            "documentType": "biddingDocuments",
            "url": "https://x.example/a",
            "title": "A",
        },
        {"id": "L-1", "description": "Portal", "url": "https://x.example/l"},
        {"id": "2", "documentType": "plannedProcurementNotice", "url": "https://x.example/notice"},
    ]
    found = notice(release({"documents": papers}))
    assert [(d.id, d.title) for d in found.facts.documents or ()] == [
        ("A-1", "A"),
        ("L-1", "Portal"),
    ]
    assert found.links == ("https://x.example/notice",)


def test_awards_join_their_contracts():
    """Odd case 5: value 0 is unstated; contracts are found by `awardID`, in any order."""
    found = of_type("UK7", "contracts", tag=["award", "contract"])
    found["awards"] = [
        {"id": "1", "status": "active", "suppliers": [{"name": "Lamp"}, {"name": "Lamp"}]},
        {"id": "2", "status": "active", "suppliers": [{"name": "Hearth"}], "relatedLots": ["1"]},
    ]
    found["contracts"] = [
        {"id": "9", "awardID": "2", "value": {"amount": 5, "currency": "GBP"}, "status": "active"},
        found["contracts"][0]
        | {
            "id": "8",
            "awardID": "1",
            "value": {"amount": 0},
            "dateSigned": "2026-09-08T00:00:00+01:00",
        },
    ]
    one, two = notice(found).facts.awards
    assert (one.id, one.suppliers, one.value) == ("1", ("Lamp",), None)
    assert one.signed == at("2026-09-08T22:59:59")
    assert (two.id, two.value, two.lots) == ("2", Value(5, None, "GBP"), ("1",))


def test_a_dynamic_market_tells_who_came_and_went_not_its_categories():
    supplier = {"id": "S", "name": "Brightwire", "roles": ["supplier"]}
    gone = {"id": "T", "name": "Old Flame", "roles": ["removedSupplier"]}
    awards = [{"id": str(n), "suppliers": [{"name": "Brightwire"}]} for n in range(127)]
    found = notice(
        of_type("UK15", tag=["award", "contract"], parties=[supplier, gone], awards=awards)
    )
    assert (found.update, found.facts.awards) == (True, ())
    assert [(e.field, e.was, e.now) for e in found.edits] == [
        ("supplier", None, "Brightwire"),
        ("supplier", "Old Flame", None),
    ]


def test_links_are_canonical_addresses_and_other_releases_of_the_same_procurement():
    canonical = "https://api.publiccontractsscotland.gov.uk/v1/Notice?id=ocds-r6ebe6-0000900001"
    links = [
        {"rel": "canonical", "href": canonical},
        {"rel": "prev", "href": "https://ted.example"},
    ]
    related = [
        {"relationship": ["framework"], "identifier": "ocds-h6vhtk-0a00f0"},
        {"relationship": ["prior"], "identifier": "ocds-h6vhtk-0a00f1"},
    ]
    found = notice(release(links=links, relatedProcesses=related))
    assert found.links == (canonical, "ocds-h6vhtk-0a00f1")
