"""What a notice's text adds to its fields, and what it must not add."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.model import Deadline
from tests.watchers import ted
from tests.watchers.ocds import body, cf, legacy, notice, of_type, page, release

ASKED = "Any clarification questions must be submitted by noon on 5 June 2026."


def words(found: dict[str, Any]) -> list[str]:
    """Kinds and instants of what was read from the texts of a release."""
    return [told(one) for one in notice(found).facts.deadlines if one.origin == "words"]


def told(one: Deadline) -> str:
    assert one.firm and one.words
    return one.key + ("." if one.dated else "")


def plan(said: str = "", **milestone: Any) -> dict[str, Any]:
    found = of_type("UK2", tag=["planning"], planning={"milestones": [milestone]})
    found["tender"] |= {"description": said, "tenderPeriod": None}
    return found


@pytest.mark.parametrize("made", [release, legacy, cf])
def test_a_kind_that_no_field_states_is_read_from_the_text(made: Any):
    found = made({"description": f"Care at home. {ASKED}"})
    assert words(found) == ["enquiry@2026-06-05T11:00Z"]
    (one,) = (d for d in notice(found).facts.deadlines if d.origin == "words")
    assert one.words == ASKED


def amended(why: str, said: str) -> dict[str, Any]:
    why_so = {"amendments": [{"id": "000101-2026", "description": why}], "description": said}
    return release(why_so, tag=["tenderUpdate"])


def test_the_words_of_an_amendment_go_before_the_text_that_was_left_as_it_was():
    why = "The deadline for clarification questions is extended to noon on 9 June 2026."
    found = notice(amended(why, f"{ASKED} A site visit will be held on 2 June 2026."))
    read = {d.kind: (told(d), d.words) for d in found.facts.deadlines if d.origin == "words"}
    assert read["enquiry"] == ("enquiry@2026-06-09T11:00Z", why)
    assert read["engagement"][0] == "engagement@2026-06-02T22:59Z."
    assert words(amended("Typo mended.", ASKED)) == ["enquiry@2026-06-05T11:00Z"]
    # A field goes before both.
    assert words(amended("Tender deadline is extended to 26 June 2026.", "")) == []


@pytest.mark.parametrize("field", ["2026-06-05T12:00:00+01:00", "2026-06-08T12:00:00+01:00"])
def test_a_field_goes_before_the_text_whether_they_agree_or_not(field: str):
    assert words(release({"description": ASKED, "enquiryPeriod": {"endDate": field}})) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Closing date for tenders: 12 June 2026", []),
        ("Closing date for expressions of interest: 12 June 2026",
         ["participation@2026-06-12T22:59Z."]),
        # What the field calls a tender the text calls interest.
        ("Closing date for expressions of interest: 19 June 2026", []),
        ("Closing date for expressions of interest: 26 June 2026", []),
    ],
)  # fmt: skip
def test_interest_is_due_before_tenders_are(text: str, told: list[str]):
    assert words(release({"description": text})) == told


def test_a_tender_date_in_the_text_does_not_stand_beside_a_first_stage():
    interest = {"expressionOfInterestDeadline": "2026-06-05T12:00:00+01:00", "tenderPeriod": None}
    text = "Closing date for tenders: 12 June 2026"
    assert words(release({"description": text} | interest)) == []
    assert words(release({"description": text, "tenderPeriod": None})) == [
        "submission@2026-06-12T22:59Z."
    ]


def test_all_texts_of_a_notice_are_read():
    assert words(release(description=ASKED)) == ["enquiry@2026-06-05T11:00Z"]
    assert words(release({"submissionMethodDetails": ASKED})) == ["enquiry@2026-06-05T11:00Z"]
    assert words(plan(description=ASKED, type="engagement", id="1")) == [
        "enquiry@2026-06-05T11:00Z"
    ]
    assert words(plan(ASKED, type="engagement", id="1")) == ["enquiry@2026-06-05T11:00Z"]
    met = {"description": ASKED, "type": "engagement", "status": "met"}
    assert words(plan(**met)) == []


def test_the_hour_of_one_text_goes_with_the_day_of_another():
    found = release(
        {"description": "Question deadline: 5 June 2026", "submissionMethodDetails": ASKED}
    )
    assert words(found) == ["enquiry@2026-06-05T11:00Z"]


def test_texts_that_contradict_each_other_say_nothing():
    other = "Question deadline: 8 June 2026"
    assert words(release({"description": ASKED, "submissionMethodDetails": other})) == []
    slip = "Question deadline: Monday 5 June 2026"
    assert words(release({"description": ASKED, "submissionMethodDetails": slip})) == []


def test_a_market_may_be_engaged_on_several_days():
    text = "Please reply by 20 May 2026. A webinar for suppliers will be held on 27 May 2026."
    assert words(plan(text)) == [
        "engagement@2026-05-20T22:59Z.",
        "engagement@2026-05-27T22:59Z.",
    ]


def test_a_stub_an_award_and_a_cancellation_repeat_old_texts():
    said = {"description": ASKED}
    award = of_type("UK6", "awards", tag=["award"])
    assert words(award | {"description": ASKED}) == []
    assert words(of_type("UK12", tag=["tenderCancellation"]) | {"description": ASKED}) == []
    assert words(release({**said, "status": "cancelled"})) == []
    change = {"id": "1", "unstructuredChanges": [{"where": {"section": "II.1"}}]}
    stub = {**said, "amendments": [change], "tenderPeriod": None}
    assert words(legacy(stub, tag=["tenderUpdate"])) == []


def test_the_same_text_reads_the_same_on_any_day():
    data = body(release({"description": "Please ask your questions by 5 June."}))
    first, second = (page(data).found[0].load() for _ in range(2))
    assert first == second
    assert [one.key for one in first.facts.deadlines if one.origin == "words"] == [
        "enquiry@2026-06-05T22:59Z"
    ]


def test_a_text_in_markup_is_read_as_it_is_shown():
    found = cf({"description": "Questions &amp; answers: question deadline 5 June 2026"})
    assert "&amp;" in json.dumps(found)
    assert words(found) == ["enquiry@2026-06-05T22:59Z."]


def test_ted_notices_in_english_are_read_too():
    dredging = "Maintenance dredging of the inner harbour, and surveys before and after it."
    lots = [("AdditionalInformationRequestPeriod", "OtherPeriod"), (dredging, ASKED)]
    found = ted.notice("lots", *lots).facts.deadlines
    assert [told(one) for one in found if one.origin == "words"] == ["enquiry@2026-06-05T11:00Z"]
    old = ("<P>Deux lots.</P>", f"<P>{ASKED.replace('June 2026', 'February 2021')}</P>")
    found = ted.notice("f02", old).facts.deadlines
    assert [told(one) for one in found if one.origin == "words"] == ["enquiry@2021-02-05T11:00Z"]


def test_of_a_cancelled_or_decided_notice_of_ted_no_text_is_read():
    dredging = "Maintenance dredging of the inner harbour, and surveys before and after it."
    unsaid = ("AdditionalInformationRequestPeriod", "OtherPeriod")
    for case, *changes in (("result",), ("cancelled", unsaid)):
        found = ted.notice(case, (dredging, ASKED), *changes).facts.deadlines
        assert all(one.origin == "field" for one in found)
