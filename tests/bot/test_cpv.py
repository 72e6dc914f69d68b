"""The CPV tree: what subscribers and notices write, and the official list where it is at hand."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import cpv

SHARED = Path(os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared/data")


def official() -> list[dict[str, str]]:
    path = SHARED / "codelists/cpv_2008.csv"
    if not path.is_file():
        pytest.skip("the CPV code list is not here: set TENDERBELL_SHARED_DATA to its folder")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("written", "prefix"),
    [
        ("85300000", "853"),
        ("85300000-2", "853"),
        ("CPV 85300000", "853"),
        ("cpv: 85300000-2", "853"),
        (" 853 ", "853"),
        ("853*", "853"),
        ("8530*", "853"),
        ("85*", "85"),
        ("80*", "80"),
        ("80", "80"),
        ("80000000", "80"),
        ("03111100", "031111"),
        ("30200000", "302"),
        ("85311000", "85311"),
        ("8531121*", "8531121"),
    ],
)
def test_what_a_subscriber_writes(written: str, prefix: str) -> None:
    assert cpv.parse(written) == prefix


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("8*", "wider than a division"),
        ("*", "not a CPV code"),
        ("", "not a CPV code"),
        ("social care", "not a CPV code"),
        ("85300000-22", "not a CPV code"),
        ("853-2", "not a CPV code"),
        pytest.param("85300000 " * 100, "not a CPV code", id="endless"),
        ("８５３００００００", "not a CPV code"),
        ("853000000", "9 digits"),
        ("3111100", "leading zero"),
        ("823872", "no division 82"),
        ("99000000", "no division 99"),
        ("86", "no division 86"),
        ("859*", "no group 859"),
        ("85300000-3", "check digit 2, not 3"),
        ("58300000-2", "no division 58"),
        ("85400000-2", "no group 854"),
        ("85130000-2", "check digit"),
    ],
)
def test_what_is_refused_says_what_to_write(written: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as fault:
        cpv.parse(written)
    assert any(hint in str(fault.value) for hint in ("eight digits", "two digits", "without a"))


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("85311000", "85311000"),
        (" 85311000 ", "85311000"),
        ("85311000-2", "85311000"),
        ("9100000", "09100000"),
        ("3111100", "03111100"),
        ("8531100", None),
        ("853110000", None),
        ("85311000-22", None),
        ("85311000-x", None),
        ("８５３１１０００", None),
        ("", None),
        ("Social work", None),
        ("8531100x", None),
        pytest.param("1" * 1_000_000, None, id="endless"),
    ],
)
def test_what_a_notice_states(stated: str, code: str | None) -> None:
    assert cpv.normal(stated) == code


def test_a_prefix_covers_its_code_and_all_below() -> None:
    assert cpv.covers("853", "85300000")
    assert cpv.covers("853", "85311000")
    assert not cpv.covers("853", "85100000")
    assert not cpv.covers("853", "85000000")


def test_labels_of_divisions_and_groups_alone() -> None:
    assert cpv.label("85300000") == cpv.label("853") == "Social work and related services"
    assert cpv.label("85000000") == cpv.label("85") == "Health and social work services"
    assert cpv.label("85311000") == ""
    assert cpv.label("8") == cpv.label("") == cpv.label("99000000") == ""


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.integers(0, 7), st.integers(1, 9))
def test_the_rule_of_the_check_digit_sees_every_single_slip(code: str, at: int, by: int) -> None:
    """3, 7 and 1 have no factor in common with 10; so does every other weighting of its kind."""
    slip = f"{code[:at]}{(int(code[at]) + by) % 10}{code[at + 1 :]}"
    if not any(one.startswith(begin) for one in (code, slip) for begin in cpv._more()):
        assert cpv.check_digit(code) != cpv.check_digit(slip)


@given(st.sampled_from([prefix for prefix, _, _ in cpv.named()]), st.data())
def test_covers_is_a_partial_order_and_a_code_is_under_its_own_beginnings(
    prefix: str, data: st.DataObject
) -> None:
    rest = f"[0-9]{{{8 - len(prefix)}}}"
    below = st.just("000000") if len(prefix) == 2 else st.from_regex(rest, fullmatch=True)
    code = prefix + data.draw(below)  # of any group, or the division's own
    begins = [code[:size] for size in range(2, 9)]
    assert all(cpv.covers(begin, code) for begin in begins)
    assert cpv.covers(cpv.parse(code), code) and cpv.covers(cpv.parse(f"{prefix}*"), code)
    other = data.draw(st.sampled_from(begins))
    between = [begin for begin in begins if cpv.covers(other, begin) and cpv.covers(begin, other)]
    assert between == [other]


@given(st.text())
def test_any_text_parses_or_is_a_value_error(text: str) -> None:
    cpv.normal(text)
    try:
        prefix = cpv.parse(text)
    except ValueError:
        return
    assert cpv.parse(cpv.pretty(prefix)) == prefix


@given(st.from_regex(r"85[1-3][0-9]{5}", fullmatch=True), st.integers(2, 8))
def test_a_beginning_of_a_code_covers_it_and_survives_the_round_trip(code: str, size: int) -> None:
    prefix = cpv.parse(f"{code[:size]}*")
    assert cpv.covers(prefix, code)
    assert cpv.parse(cpv.pretty(prefix)) == prefix
    assert cpv.normal(f"{code}-1") == code


def test_every_official_code_is_read_and_labelled_as_the_list_has_it() -> None:
    codes = official()
    for row in codes:
        code = row["code"]
        assert cpv.pretty(cpv.parse(f"{code}-{row['check_digit']}")) == code
        assert cpv.normal(f"{code}-{row['check_digit']}") == code
        assert cpv.label(code) == (row["label"] if code.endswith("00000") else "")
        assert cpv.check_digit(code) == row["check_digit"]
        with pytest.raises(ValueError, match="check digit"):
            cpv.parse(f"{code}-{(int(row['check_digit']) + 1) % 10}")
    assert len(codes) == 9_454
