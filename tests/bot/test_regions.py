"""The tree of places: codes, names and postcodes, and the official lists where they are at hand."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import regions

SHARED = Path(os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared/data")

# The list of 2017 puts the county of Lincolnshire into Yorkshire and the Humber; ITL has it in the
# East Midlands (UKF30). The last three lie across a border, so the wider place holds them.
CORRECTED = {
    **{f"LN{n}": "UKF" for n in range(1, 14)},
    **{f"NG{n}": "UKF" for n in range(31, 35)},
    **{f"PE{n}": "UKF" for n in (9, 10, 11, 12, 20, 21, 22, 23, 24, 25)},
    "PE6": "ENG",
    "DN21": "ENG",
    "TD12": "UK",
}

NODES = [*sorted(regions._names()), "UKZZ", "FRD21", "FRD2", "DEA1D", "NO0A2"]
nodes = st.sampled_from(NODES)
ALIASES = [(node, text) for node, name, others in regions.named() for text in (name, *others)]


def official(name: str) -> list[dict[str, str]]:
    path = SHARED / "codelists" / name
    if not path.is_file():
        pytest.skip("the code list is not here: set TENDERBELL_SHARED_DATA to its folder")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("stated", "node"),
    [
        ("UK", "UK"),
        ("GB", "UK"),
        ("GBR", "UK"),
        ("United Kingdom", "UK"),
        ("England", "ENG"),
        ("TLM50", "UKM50"),
        ("UKM50", "UKM50"),
        ("ukm50", "UKM50"),
        ("TLM", "UKM"),
        ("UKI35", "UKI3"),  # Westminster in ITL 2025
        ("TLI35", "UKI3"),
        ("TLK64", "UKK"),  # Dorset in ITL 2025, which has another level 2
        ("UKK21", "UKK2"),  # Bournemouth and Poole in NUTS 2016
        ("UKM21", "UKM"),  # Angus and Dundee City in NUTS 2013
        ("UKZZ", "UKZZ"),
        ("North West", "UKD"),
        ("the NORTH  west", "UKD"),
        ("Yorkshire & The Humber", "UKE"),
        ("East of England", "UKH"),
        ("East Anglia", "UKH1"),
        ("Greater London", "UKI"),
        ("Merseyside", "UKD7"),
        ("Highlands", "UKM6"),
        ("West Midlands", "UKG"),
        ("Northern Ireland", "UKN"),
        ("Ynys Môn", "UKL11"),
        ("Ynys Mon", "UKL11"),
        ("LE3", "UKF"),
        ("LE3 8RA", "UKF"),
        ("le38ra", "UKF"),
        ("LE3 8", "UKF"),
        ("M1 1AE", "UKD"),
        ("EC1A 1BB", "UKI"),
        ("SE11 4AB", "UKI"),
        ("CH7 1AA", "UKL"),
        ("CH1 1AA", "UKD"),
        ("SY99", "UK"),
        ("BT1 5GS", "UKN"),
        ("IM1 1AA", "IM"),
        ("JE2 3AB", "JE"),
        ("GY1 1AA", "GG"),
        ("Isle of Man", "IM"),
        ("Channel Islands", "CHI"),
        ("British Oversea Territories", "BOT"),
        ("Europe", "EUROPE"),
        ("anyw-eea", "EUROPE"),
        ("Rest of the World", "ROW"),
        ("anyw", "WORLD"),
        ("IRL", "IE"),
        ("Ireland", "IE"),
        ("DEU", "DE"),
        ("GRC", "EL"),
        ("GR", "EL"),
        ("EL301", "EL301"),
        ("GR30", "EL30"),
        ("UKR", "UA"),
        ("FRD21", "FRD21"),
        ("NO0A2", "NO0A2"),
        ("ITZZZ", "ITZZZ"),
        ("BR", "BR"),
        ("SE11", "SE11"),  # Stockholm: notices state codes
    ],
)
def test_what_a_notice_states(stated: str, node: str) -> None:
    assert regions.place(stated) == node
    assert regions.place(f" {stated} ") == node


@pytest.mark.parametrize(
    "stated",
    [
        "",
        " ",
        "anyw-cou",
        "DEAL",
        "all",
        "fri",
        "no",
        "is",
        "75001",
        "1010 AB",
        "LV-1010",
        "ZZ9 9ZZ",
        "LE²",
        "12 High Street, Northwick",
        "ß1",
        "UKIP",
        "LE3 8RA and elsewhere",
        pytest.param("x" * 1000000, id="endless"),
    ],
)
def test_what_means_nothing_to_us(stated: str) -> None:
    assert regions.place(stated) is None


@pytest.mark.parametrize(
    ("written", "node"),
    [
        ("North West", "UKD"),
        ("TLM", "UKM"),
        ("UKD73", "UKD73"),
        ("LE3", "UKF"),
        ("ie", "IE"),
        ("SE11", "UKI"),  # London: a subscriber's postcode district
        ("DE21", "UKF"),
        ("NI", "UKN"),  # Nicaragua in a notice
        ("NIC", "NI"),
        ("NUTS DE21", "DE21"),
        ("nuts se11", "SE11"),
        ("ITL TLM5", "UKM5"),
        ("DE212", "DE212"),
        ("Sefton", "UKD73"),
    ],
)
def test_what_a_subscriber_writes(written: str, node: str) -> None:
    assert regions.parse(written) == node


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Nort West", "did you mean North West?"),
        ("Mersyside", "did you mean Merseyside?"),
        ("Grater London", "did you mean London?"),
        ("Narnia", "a country"),
        ("", "a country"),
        ("NUTS", "a country"),
        pytest.param("x" * 100_000, "a country", id="endless"),
    ],
)
def test_an_unknown_place_is_refused_with_what_to_write(written: str, told: str) -> None:
    with pytest.raises(ValueError, match="unknown place") as fault:
        regions.parse(written)
    assert told in str(fault.value)
    assert len(str(fault.value)) < 400


def test_names() -> None:
    assert regions.name("UKM") == "Scotland"
    assert regions.name("UKD73") == "Sefton"
    assert regions.name("ENG") == "England"
    assert regions.name("IE") == "Ireland"
    assert regions.name("FRD21") == "FRD21"


def test_ancestors_lead_to_one_root() -> None:
    around = ("UKD73", "UKD7", "UKD", "ENG", "UK", "EUROPE", "WORLD")
    assert regions.ancestors("UKD73") == around
    assert regions.ancestors("UKM5") == ("UKM5", "UKM", "UK", "EUROPE", "WORLD")
    assert regions.ancestors("FRD21") == ("FRD21", "FRD2", "FRD", "FR", "EU", "EUROPE", "WORLD")
    assert regions.ancestors("JE") == ("JE", "CHI", "EUROPE", "WORLD")
    assert regions.ancestors("BR") == ("BR", "ROW", "WORLD")


@pytest.mark.parametrize(
    ("wanted", "stated", "relation"),
    [
        ("UKM", "UKM", "inside"),
        ("UKM", "UKM50", "inside"),
        ("UKI", "UKI32", "inside"),
        ("ENG", "UKK25", "inside"),
        ("UKD73", "UKD", "wider"),
        ("UKD73", "ENG", "wider"),
        ("UKD73", "UK", "wider"),
        ("UKD73", "EUROPE", "wider"),
        ("FRD2", "EUROPE", "wider"),
        ("UKM", "ENG", "apart"),
        ("UKD73", "UKD72", "apart"),
        ("UKD", "IM", "apart"),
        ("UKD", "ROW", "apart"),
        ("BR", "ROW", "wider"),
        ("ROW", "BR", "inside"),
        ("EUROPE", "UKM", "inside"),
        ("EU", "UK", "apart"),
        ("EU", "IE", "inside"),
    ],
)
def test_relation(wanted: str, stated: str, relation: str) -> None:
    assert regions.relation(wanted, stated) == relation


@given(nodes, nodes)
def test_relation_agrees_with_covers_and_ancestors(wanted: str, stated: str) -> None:
    inside, wider = regions.covers(wanted, stated), regions.covers(stated, wanted)
    expected = "inside" if inside else "wider" if wider else "apart"
    assert regions.relation(wanted, stated) == expected
    assert inside == (wanted in regions.ancestors(stated))
    assert (inside and wider) == (wanted == stated)


@given(nodes)
def test_a_node_is_read_as_itself_and_hangs_under_the_root(node: str) -> None:
    assert regions.place(node) == node
    assert regions.ancestors(node)[0] == node
    assert regions.ancestors(node)[-1] == "WORLD"
    assert len(set(regions.ancestors(node))) == len(regions.ancestors(node))


@given(nodes)
def test_a_name_leads_to_its_node_or_to_the_larger_of_the_same_name(node: str) -> None:
    if regions.name(node) != node:
        assert regions.covers(regions.parse(regions.name(node)), node)


def test_every_name_and_alias_leads_to_its_node_or_to_the_larger_of_the_same_name() -> None:
    """Two places bear a name rarely; then the larger is meant, which holds the other."""
    for node, text in ALIASES:
        assert regions.covers(regions.parse(text), node), (node, text)
        if text != "NI":  # Nicaragua, where a notice states it
            assert regions.covers(regions.place(text) or "", node), (node, text)


@given(nodes, nodes, nodes)
def test_covers_is_a_partial_order(one: str, two: str, three: str) -> None:
    assert regions.covers(one, one)
    if regions.covers(one, two) and regions.covers(two, one):
        assert one == two
    if regions.covers(one, two) and regions.covers(two, three):
        assert regions.covers(one, three)


@given(st.text() | st.from_regex(r"[A-Z]{1,2}[0-9A-Z]{1,3}( [0-9][A-Z]{2})?", fullmatch=True))
def test_any_text_is_a_node_of_the_tree_or_nothing(text: str) -> None:
    found = regions.place(text)
    if found is not None:
        assert regions.ancestors(found)[-1] == "WORLD"
        assert regions.place(found) == found
    try:
        parsed = regions.parse(text)
    except ValueError:
        assert found is None
    else:
        assert regions.place(parsed) == parsed


@given(st.sampled_from("CDEFGHIJKLMN"), st.from_regex(r"[0-9][0-9A-Z]?", fullmatch=True))
def test_a_uk_code_of_any_edition_is_the_nearest_node_around_it(first: str, rest: str) -> None:
    node = regions.parse(f"TL{first}{rest}")
    whole = f"UK{first}{rest}"
    assert node == regions.place(whole)
    assert whole.startswith(node) and len(node) >= 3
    known = [whole[:size] for size in range(3, 6) if whole[:size] in regions._names()]
    assert node == known[-1]
    assert regions.covers("ENG", node) == (first in "CDEFGHIJK")


def test_a_region_renumbered_by_a_later_edition_is_not_lost() -> None:
    """Westminster and Dorset, as tables of 2025 have them, for who wants them as in 2021."""
    for wanted, stated in (("Westminster", "TLI35"), ("Dorset", "TLK64")):
        node = regions.place(stated)
        assert node is not None
        assert regions.relation(regions.parse(wanted), node) == "wider"
    assert regions.relation("UKI4", regions.parse("TLI35")) == "apart"


def test_of_one_name_for_two_places_the_first_is_the_larger() -> None:
    written: dict[str, str] = {}
    for node, own, others in regions._rows("regions.tsv", 3):
        for name in filter(None, (own, *others.split("; "))):
            first = written.setdefault(regions.folded(name), node)
            assert regions.covers(first, node), f"{name} is in {first} and in {node}"


def test_every_official_region_is_read_by_both_codes_and_by_its_name() -> None:
    rows = official("uk_regions_itl_2021.csv")
    for row in rows:
        node = row["nuts"]
        assert regions.parse(row["itl"]) == regions.place(row["itl"]) == node
        assert regions.parse(node) == regions.place(node) == node
        assert regions.covers(regions.parse(row["name"]), node), row
        assert regions.name(node) != node
        for around in (node[:size] for size in range(2, len(node))):
            assert regions.relation(around, node) == "inside"
    assert len(rows) == 232
    # Names that two levels bear lead to the larger; all others to their own node.
    larger = {r["nuts"] for r in rows if regions.parse(r["name"]) != r["nuts"]}
    assert larger == {"UKG3", "UKK30", "UKN0"}
    assert len({r["nuts"] for r in rows} - set(regions._names())) == 0


def test_every_place_that_real_notices_state_is_known() -> None:
    """Codes, countries and regions' names; postcodes abroad, and places of nowhere, are not."""
    if not SHARED.is_dir():
        pytest.skip("no real notices are here: set TENDERBELL_SHARED_DATA to their folder")
    unknown = Counter(text for text in stated() if regions.place(text) is None)
    assert set(unknown) == {
        "00",  # the old TED schema: no region
        "anyw-cou",  # eForms: anywhere in the country that the notice names beside it
    }


def stated() -> Iterator[str]:
    """What the fields for codes, countries and regions' names hold in all saved pages."""
    for folder in SHARED.iterdir():
        if folder.name in ("codelists", "feeds", "ocds_other"):
            continue
        for path in folder.rglob("*"):
            for pattern in STATED.get(path.suffix, ()):
                yield from (
                    text.strip()
                    for text in re.findall(pattern, path.read_text(errors="replace"))
                    if text.strip()
                )


STATED = {
    ".json": (r'"(?:region|countryName|country)"\s*:\s*"([^"\\]*)"',),
    ".xml": (
        r"<cbc:(?:CountrySubentityCode|IdentificationCode|Region)\b[^>]*>([^<]*)<",
        r'<(?:\w+:)?(?:\w+_)?NUTS\b[^>]*?CODE="([^"]*)"',
        r'<(?:ISO_)?COUNTRY\b[^>]*?VALUE="([^"]*)"',
    ),
}


def test_every_listed_outcode_has_its_region() -> None:
    rows = official("uk_outcode_region_2017.csv")
    found: Counter[str] = Counter()
    for row in rows:
        outcode, said = row["outcode"], re.sub(" England$", "", row["uk_region"])
        said = row["country"] if said == "Crown Dependencies" else said
        said = "East of England" if said == "East of" else said
        wanted = CORRECTED.get(outcode) or regions.parse(said)
        assert regions.parse(outcode) == wanted, row
        assert regions.place(f"{outcode} 1AA") == wanted, row
        found[wanted] += 1
    assert found.total() == 2_856
    assert len(found) == 17
