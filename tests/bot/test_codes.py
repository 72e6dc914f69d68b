"""Looking up codes: what words find, in which order, and what a subscription then writes."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import codes, cpv, regions

LEARNED = {
    "85311000": "Social work services with accommodation",
    "85311200": "Welfare services for the handicapped",
    "85312000": "Social work services without accommodation",
    "85300000": "Sozialwesen",  # a notice in another language; the package knows better
    "86000000": "A division that CPV 2008 has not",
}
CPV = codes.cpv_tree(LEARNED)
PLACES = codes.region_tree()


def found(tree: codes.Tree, text: str) -> list[str]:
    return [entry.code for entry in codes.find(tree, text)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("social work", ["85000000", "85300000", "85311000", "85312000"]),  # broader first
        ("SOCIAL Work service", ["85000000", "85300000", "85311000", "85312000"]),
        ("social care", ["85300000"]),  # another word for it
        ("welf hand", ["85311200"]),
        ("accommodation", ["55200000", "85311000", "85312000"]),
        ("cleaning and sanitation services", ["90900000", "90600000"]),  # called so, then has it
        ("school meal", ["55500000"]),
        ("furniture", ["39100000", "30000000", "39000000"]),
        ("division", []),
        ("sozialwesen", []),
        ("social bananas", []),
        ("", []),
        (" - ", []),
    ],
)
def test_what_words_find_among_cpv_codes(text: str, first: list[str]) -> None:
    assert found(CPV, text)[: len(first) or None] == first


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("merseyside", ["UKD7", "UKD71"]),
        ("Greater Manchester", ["UKD3", "UKD34"]),
        ("yorkshire", ["UKE", "UKE1", "UKE2", "UKE3", "UKE4"]),
        ("east midland", ["UKF"]),
        ("the highlands", ["UKM6"]),
        ("ynys mon", ["UKL11"]),
        ("west midlands", ["UKG", "UKG3"]),  # both are called so
        ("Cote d'Ivoire", ["CI"]),
        ("kings lynn", ["UKH16"]),
        ("edinb", ["UKM75"]),
    ],
)
def test_what_words_find_among_places(text: str, first: list[str]) -> None:
    assert found(PLACES, text)[: len(first)] == first


@pytest.mark.parametrize(
    ("tree", "text", "hint"),
    [
        (PLACES, "mersyside", "merseyside"),
        (PLACES, "grater manchster", "greater manchester"),
        (PLACES, "qqqqqq", None),
        (CPV, "sociall wrok", "social work"),
        (CPV, "social bananas", "social"),
        (CPV, "x" * 10_000, None),
        (CPV, "social " * 20, None),
        (CPV, "", None),
    ],
)
def test_what_was_meant_finds_something(tree: codes.Tree, text: str, hint: str | None) -> None:
    assert codes.meant(tree, text) == hint
    assert hint is None or codes.find(tree, hint)


@pytest.mark.parametrize(
    ("text", "node"),
    [("853", "853"), ("85300000-2", "853"), ("cpv 80*", "80"), ("CPV: 85311000", "85311")],
)
def test_a_cpv_code_is_not_looked_for_in_words(text: str, node: str) -> None:
    assert codes.cpv_node(text) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("UKD72", "UKD72"),
        ("tld72", "UKD72"),
        ("L1", "UKD"),
        ("l1 8jq", "UKD"),
        ("ie", "IE"),
        ("IRL", "IE"),
        ("ENG", "ENG"),
        ("TLD", "UKD"),
        ("NI", "UKN"),
        ("NUTS DE21", "DE21"),
        ("TLI35", "UKI3"),
        ("merseyside", None),
        ("UK wide", None),
        ("ely", None),
        ("xx", None),
    ],
)
def test_a_code_of_a_place_is_not_looked_for_in_words(text: str, node: str | None) -> None:
    assert codes.region_node(text) == node


def test_a_wrong_code_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="check digit 2, not 9"):
        codes.cpv_node("85300000-9")
    with pytest.raises(ValueError, match="unknown place"):
        codes.region_node("ZZ99")
    assert codes.cpv_node("social work") is None


def test_where_a_code_stands_and_what_is_below_it() -> None:
    assert CPV.entries["853112"].parents == ("85311", "853", "85")
    assert [entry.code for entry in CPV.below("853")] == ["85311000", "85312000"]
    assert [entry.code for entry in CPV.below("85")][:3] == ["85100000", "85200000", "85300000"]
    assert CPV.entries["853"].label == cpv.label("853")
    assert "86" not in CPV.entries
    assert [entry.code for entry in PLACES.below("UK")] == ["ENG", "UKL", "UKM", "UKN"]
    assert PLACES.entries["UKD7"].parents == ("UKD", "ENG", "UK", "EUROPE", "WORLD")
    assert PLACES.entries["UKD7"].aliases[0] == "TLD7"


def test_a_code_that_no_table_has_stands_where_its_beginning_does() -> None:
    asked = codes.cpv_tree({}, "85311").entries["85311"]
    assert (asked.label, asked.parents) == ("", ("853", "85"))
    place = codes.region_tree("DE212").entries["DE212"]
    assert (place.label, place.write) == ("", "DE212")
    assert place.parents[:3] == ("DE21", "DE2", "DE")
    assert codes.region_tree("SE11").entries["SE11"].write == "NUTS SE11"


def test_what_is_to_be_written_means_the_code_again_once_yaml_has_read_it() -> None:
    for tree, parse in ((CPV, cpv.parse), (PLACES, regions.parse)):
        for entry in tree.entries.values():
            (read,) = yaml.safe_load(f"[{entry.write}]")
            assert isinstance(read, str)
            assert parse(read) == entry.node, entry


@settings(deadline=None)
@given(st.sampled_from([*CPV.entries.values(), *PLACES.entries.values()]))
def test_every_entry_is_found_by_each_of_its_names(entry: codes.Entry) -> None:
    tree = CPV if entry.node in CPV.entries else PLACES
    for name in (entry.label, *entry.aliases):
        hits = codes.find(tree, name)
        assert entry in hits
        # Nothing stands before it that is not called so too.
        assert hits.index(entry) < sum(name_of(name) in map(name_of, names(e)) for e in hits)


def names(entry: codes.Entry) -> tuple[str, ...]:
    return (entry.label, *entry.aliases)


def name_of(text: str) -> frozenset[frozenset[str]]:
    return frozenset(map(codes._forms, codes._words(text)))


@settings(deadline=None)  # what is near is compared letter by letter
@given(st.text(max_size=60))
def test_any_text_finds_or_is_told_what_finds(text: str) -> None:
    for tree in (CPV, PLACES):
        hint = None if codes.find(tree, text) else codes.meant(tree, text)
        assert hint is None or codes.find(tree, hint)
    for node in (codes.cpv_node, codes.region_node):
        try:
            node(text)
        except ValueError as error:
            assert str(error)
