"""The deadlines of a release: where they stand, and what they mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.make import at
from tests.watchers.ocds import cf, deadlines, legacy, notice, of_type, release


def test_the_deadlines_of_a_tender():
    tender = {
        "expressionOfInterestDeadline": "2026-06-01T12:00:00+01:00",
        "enquiryPeriod": {"endDate": "2026-06-05T17:00:00+01:00"},
        "awardPeriod": {"endDate": "2026-08-03T23:59:59+01:00"},
        "bidOpening": {"date": "2026-06-19T12:30:00+01:00"},
        "communication": {"futureNoticeDate": "2026-07-01T23:59:59+01:00"},
    }
    milestones = [
        {"type": "engagement", "dueDate": "2026-05-20T10:00:00+01:00", "status": "scheduled"},
        {"type": "engagement", "dueDate": "2026-04-20T10:00:00+01:00", "status": "met"},
        {"type": "assessment", "dueDate": "2026-04-21T10:00:00+01:00"},
    ]
    assert deadlines(release(tender, planning={"milestones": milestones})) == {
        "submission": "2026-06-19T11:00:00Z",
        "participation": "2026-06-01T11:00:00Z",
        "enquiry": "2026-06-05T16:00:00Z",
        "engagement": "2026-05-20T09:00:00Z",
        "expected-notice~": "2026-07-01T22:59:59Z",
        "opening": "2026-06-19T11:30:00Z",
        "award": "2026-08-03T22:59:59Z",
    }


def test_dates_of_a_plan_are_forecasts_but_for_the_engagement():
    found = of_type("UK3", tag=["planning"])
    found["tender"] |= {"enquiryPeriod": {"endDate": "2026-06-05T17:00:00+01:00"}}
    found["planning"] = {"milestones": [{"type": "engagement", "dueDate": "2026-05-20T10:00:00Z"}]}
    assert set(deadlines(found)) == {"submission~", "enquiry~", "engagement"}


@pytest.mark.parametrize(
    ("written", "instant", "dated"),
    [
        ("2026-06-19T12:00:00+01:00", "2026-06-19T11:00", False),
        ("2026-06-19T23:59:59+01:00", "2026-06-19T22:59:59", True),
        ("2026-12-31T23:59:59Z", "2026-12-31T23:59:59", True),
        ("2026-06-19", "2026-06-19T22:59:59", True),
        ("2026-12-19", "2026-12-19T23:59:59", True),
        ("2026-06-19T12:00:00", "2026-06-19T11:00", False),
        ("2026-06-19T00:00:00+01:00", "2026-06-18T23:00", False),
        ("2026-08-19T16:00:00Z", "2026-08-19T16:00", False),
    ],
)
def test_a_date_without_a_time_lasts_to_the_end_of_its_local_day(
    written: str, instant: str, dated: bool
):
    (found,) = notice(release({"tenderPeriod": {"endDate": written}})).facts.deadlines
    assert (found.at, found.dated) == (at(instant), dated)


@pytest.mark.parametrize("written", ["1e9999", "soon", "9999-12-31T23:59:59-12:00", "2026-13-01"])
def test_an_unreadable_deadline_is_a_remark(written: str):
    found = notice(release({"tenderPeriod": {"endDate": written}}))
    assert found.facts.deadlines == ()
    assert found.remarks == (f"the submission date cannot be read: {written}",)


def lot(id: str, start: str, end: str) -> dict[str, Any]:
    return {"id": id, "contractPeriod": {"startDate": start, "endDate": end}}


def test_contract_dates_shared_by_all_lots_are_told_once():
    one = ("2026-10-01T00:00:00+01:00", "2030-09-30T23:59:59+01:00")
    same = release({"tenderPeriod": None, "lots": [lot("1", *one), lot("2", *one)]})
    assert deadlines(same) == {
        "contract-start": "2026-10-01T22:59:59Z",
        "contract-end": "2030-09-30T22:59:59Z",
    }
    other = lot("2", "2026-11-01T00:00:00+00:00", one[1])
    assert deadlines(release({"tenderPeriod": None, "lots": [lot("1", *one), other]})) == {
        "1/contract-start": "2026-10-01T22:59:59Z",
        "2/contract-start": "2026-11-01T23:59:59Z",
        "contract-end": "2030-09-30T22:59:59Z",
    }
    part = release({"tenderPeriod": None, "lots": [lot("1", *one), {"id": "2"}]})
    assert set(deadlines(part)) == {"1/contract-start", "1/contract-end"}


@pytest.mark.parametrize("shape", ["object", "array", "reversed", "of text"])
def test_a_standstill_may_be_an_object_or_an_array_of_which_the_newest_holds(shape: str):
    old, new = {"endDate": "2026-07-29T23:59:59+01:00"}, {"endDate": "2026-08-21T23:59:59+01:00"}
    period = {"object": new, "array": [new, old], "reversed": [old, new], "of text": ["x", new]}
    award = {"id": "1", "status": "pending", "standstillPeriod": period[shape]}
    found = of_type("UK6", "awards", tag=["award"])
    found["awards"][0] |= award
    assert deadlines(found) == {"standstill": "2026-08-21T22:59:59Z"}


def test_an_award_notice_repeats_the_tender_s_dates_as_history():
    assert deadlines(cf(tag=["award"])) == {}


def test_legacy_notices_state_the_planned_award_as_a_start():
    found = legacy({"awardPeriod": {"startDate": "2026-07-20T00:00:00+01:00"}})
    assert deadlines(found)["award"] == "2026-07-20T22:59:59Z"
