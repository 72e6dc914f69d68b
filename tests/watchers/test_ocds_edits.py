"""The buyer's words, and the lines of legacy corrigenda."""

from __future__ import annotations

from typing import Any

import pytest

from tests.make import at
from tests.watchers.ocds import cf, legacy, notice, of_type, release


def test_words_are_the_amendment_s_of_this_notice():
    amendments = [
        {"id": "000101-2026", "description": " Extended by a week. \n"},
        {"id": "000099-2026", "description": "Of the update before."},
    ]
    assert notice(release({"amendments": amendments})).words == "Extended by a week."


def test_words_repeated_on_every_award_are_told_once():
    said = {"amendments": [{"id": "000101-2026", "description": "Standstill prolonged."}]}
    found = of_type("UK6", "awards", tag=["awardUpdate", "contractUpdate"])
    found["awards"] = [found["awards"][0] | said, {"id": "2", **said}]
    assert notice(found).words == "Standstill prolonged."


def test_a_proposed_contract_change_says_why():
    found = of_type("UK10", "contracts", tag=["contractAmendment"])
    found["contracts"][0]["proposedAmendments"] = [{"id": "1", "rationale": "A new owner."}]
    assert notice(found).words == "A new owner."


def test_contracts_finder_puts_the_reason_before_the_description():
    head = "NOTE: This notice was updated on 4 May 2026 for the following reason: later date"
    assert notice(cf({"description": head + "\r\nTaxis."})).words == "later date"
    assert notice(cf({"description": "Taxis."})).words == ""


def change(section: str, old: Any, new: Any, label: str = "", **more: Any) -> dict[str, Any]:
    where = {"section": section, **({"label": label} if label else {})}
    return {"oldValue": old, "newValue": new, "where": where, **more}


def corrigendum(*changes: dict[str, Any], description: str = "", **tender: Any) -> dict[str, Any]:
    amendment = {"id": "1", "description": description, "unstructuredChanges": [*changes]}
    gone = {"tenderPeriod": None, "items": None, "lots": None, "status": None}
    return legacy({**gone, "amendments": [amendment], **tender}, tag=["tenderUpdate"])


@pytest.mark.parametrize(
    "section", ["IV.2.2", "IV.2.2)", " 1V.2.2 ", "IV.2.2.1", "4.2.2", "lV.2.2"]
)
@pytest.mark.parametrize("label", ["", "Time limit", "Time limit for receipt of tenders"])
def test_a_corrigendum_moves_the_deadline_under_any_spelling(section: str, label: str):
    old, new = {"date": "2026-06-19T12:00:00+01:00"}, {"date": "2026-06-26T12:00:00+01:00"}
    found = notice(corrigendum(change(section, old, new, label)))
    (edit,) = found.edits
    assert (found.restates, found.status, found.update) == (False, None, True)
    assert (edit.field, edit.was, edit.now) == (
        *("submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z"),
    )
    assert edit.deadline
    assert (edit.deadline.kind, edit.deadline.at) == ("submission", at("2026-06-26T11:00"))
    assert found.facts.deadlines == ()


@pytest.mark.parametrize(
    ("new", "told", "dated"),
    [
        ({"date": "2026-06-26"}, "2026-06-26", True),
        ({"text": "26/06/2026 Local time: 12:00"}, "2026-06-26T11:00:00Z", False),
        ({"text": "26.6.2026"}, "2026-06-26", True),
        ({"text": "extended from 19/06/2026 to 26/06/2026"}, None, False),
        ({"text": "a week later"}, None, False),
        ({"text": "99/99/2026"}, None, False),
        ({}, None, False),
    ],
)
def test_a_corrigendum_s_date_may_have_no_time_or_stand_in_a_text(
    new: dict[str, str], told: str | None, dated: bool
):
    (edit,) = notice(corrigendum(change("IV.2.2", {"text": "x"}, new))).edits
    assert edit.now == (told or new.get("text"))
    assert bool(edit.deadline) == bool(told)
    assert not edit.deadline or edit.deadline.dated == dated


@pytest.mark.parametrize(
    ("section", "label", "field"),
    [
        ("IV.2.7", "", "opening"),
        ("IV.2.7.1", "Conditions for opening of tenders", "opening"),
        ("11.2.6", "", "value"),
        ("II.1.5", "Estimated total value", "value"),
        ("II.1.1", "", "title"),
        ("II.2.2", "", "cpv"),
        ("II.2.3", "", "region"),
        ("II.2.5", "", "award-criteria"),
        ("II.2.4", "", "description"),
        ("III.1.1", "", "suitability"),
        ("I.3", "", "submission-address"),
        ("VI.3.0.1", "", "description"),
        ("", "", "description"),
        ("nonsense", "", "description"),
    ],
)
def test_other_sections_name_a_field(section: str, label: str, field: str):
    (edit,) = notice(corrigendum(change(section, {"text": "a"}, {"text": "b"}, label))).edits
    assert (edit.field, edit.was, edit.now) == (field, "a", "b")


@pytest.mark.parametrize(
    ("related", "lot"),
    [
        ("Lot 2", "2"),
        ("3", "3"),
        ("all", None),
        ("Award of Contract", None),
        (4, "4"),
        (None, None),
    ],
)
def test_the_lot_of_a_line_may_be_a_phrase(related: object, lot: str | None):
    line = change("II.2.6", {"text": "1"}, {"text": "2"}, relatedLot=related)
    (edit,) = notice(corrigendum(line)).edits
    assert (edit.lot, edit.field) == (lot, "lot-value" if lot else "value")


@pytest.mark.parametrize(
    ("found", "stage"),
    [
        (corrigendum(change("V.2.4", {"text": "1"}, {"text": "2"})), "award"),
        (corrigendum(change("V11.1.2.1", {"text": "1"}, {"text": "2"})), "contract"),
        (corrigendum(description="This is a confirmation of contract award notice."), "award"),
        (
            corrigendum(change("VI.3", {"text": "intention to award notice"}, {"text": "x"})),
            "award",
        ),
        (corrigendum(description="The closing date was wrong."), "tender"),
    ],
)
def test_a_corrigendum_of_an_award_is_not_of_the_tender(found: dict[str, Any], stage: str):
    """The tag misleads: awarded under `tenderUpdate`."""
    assert notice(found).stage == stage


def test_the_time_limit_of_an_intention_to_award_is_its_standstill():
    """Odd case 10."""
    line = change("IV.2.2", {}, {"date": "2026-06-17T23:59:59+01:00"}, "Time limit")
    (edit,) = notice(corrigendum(line, description="This intention to award is corrected.")).edits
    assert edit.field == "standstill"
    assert edit.deadline
    assert edit.deadline.kind == "standstill"


def test_a_line_said_twice_is_told_once():
    line = change("II.2.4", {"text": "a"}, {"text": "b"})
    assert len(notice(corrigendum(line, line)).edits) == 1
