"""Subjects: the fact first, in few words, and whose notice it is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.model import Award, Buyer, Change, Step
from bot.render.subject import brief, buyer, fact, subject
from tests.make import NOW, at, deadline, event, facts, record

LONDON = ZoneInfo("Europe/London")
WAS, NOW_19 = "2026-06-05T11:00:00Z", "2026-06-19T11:00:00Z"


def move(field: str, was: str | None, now: str | None, **more: str) -> object:
    return event("amended", changes=(Change(field, was, now, **more),))


def planned(**more: object) -> object:
    return record(stage="planning", status="planned", **more)


def won(*suppliers: str) -> object:
    held = record(stage="award", status="awarded", awards=(Award("1", suppliers),))
    return event("awarded", record=held)


def reminder(kind: str = "submission", **more: object) -> object:
    return event("deadline", deadline=deadline(kind, **more), lead="7d")


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (move("submission", WAS, NOW_19), "Deadline moved to 19 Jun 12:00"),
        (move("submission", NOW_19, WAS), "Deadline brought forward to 5 Jun 12:00"),
        (move("submission", NOW_19, "2026-06-19T09:00:00Z"),
         "Deadline brought forward to 19 Jun 10:00"),
        (move("submission", "2026-06-19", NOW_19), "Deadline moved to 19 Jun 12:00"),
        (move("submission", WAS, "2026-06-19"), "Deadline moved to 19 Jun"),
        (move("submission", WAS, "2027-01-08T12:00:00Z"), "Deadline moved to 8 Jan 2027 12:00"),
        (move("submission", WAS, NOW_19, lot="LOT-0002"),
         "Deadline of lot 2 moved to 19 Jun 12:00"),
        (move("submission", None, NOW_19), "Deadline set to 19 Jun 12:00"),
        (move("submission", WAS, None), "Deadline no longer stated"),
        (move("submission", WAS, "soon"), "Deadline changed"),
        (move("enquiry", WAS, NOW_19), "Enquiry deadline moved to 19 Jun 12:00"),
        (move("enquiry", WAS, NOW_19, origin="words"), "Amended (enquiry deadline)"),
        (move("cpv", "1", "2"), "Amended (CPV codes)"),
        (event("amended", words="A typing error."), "Amended"),
        (event("amended", changes=tuple(Change(f, "1", "2") for f in ("value", "title", "cpv"))),
         "Amended (value, title, …)"),
        (event("new"), "New tender, closes 19 Jun"),
        (event("new", record=record(deadlines=())), "New tender"),
        (event("new", record=record(deadlines=(deadline(firm=False),))), "New tender"),
        (event("new", record=record(deadlines=(deadline(when="2026-05-01T11:00"),))), "New tender"),
        (event("new", record=planned(deadlines=(deadline("engagement"),))),
         "Planned procurement, reply by 19 Jun"),
        (event("new", record=record(stage="award")), "New award notice"),
        (event("new", record=record(steps=(Step("planning", "UK2", "1", NOW),))),
         "Now out to tender, closes 19 Jun"),
        (won("Harbour Care CIC"), "Awarded to Harbour Care CIC"),
        (won("Harbour Care CIC", "Beacon", "Quay"), "Awarded to Harbour Care CIC and 2 more"),
        (won(), "Awarded"),
        (event("cancelled"), ""),
        (reminder(), "Submission closes in 38 days, 19 Jun 12:00"),
        (reminder(lot="LOT-0002"), "Submission of lot 2 closes in 38 days, 19 Jun 12:00"),
        (reminder("enquiry"), "Enquiries close in 38 days, 19 Jun 12:00"),
        (reminder(when="2026-05-13T11:00"), "Submission closes tomorrow, 13 May 12:00"),
        (reminder(when="2026-05-12T15:00"), "Submission closes in 6 hours, today 16:00"),
        (reminder(when="2026-05-12T22:59:59", dated=True), "Submission closes today, 12 May"),
        (reminder("expected-notice", when="2027-01-08T12:00", firm=False),
         "Tender notice expected in 241 days, 8 Jan 2027 12:00"),
        (reminder("standstill"), "Standstill ends in 38 days, 19 Jun 12:00"),
        (reminder("opening"), "Opening of tenders in 38 days, 19 Jun 12:00"),
    ],
)  # fmt: skip
def test_a_subject_begins_with_what_happened(what, told):
    assert fact(what, what.record, NOW, LONDON) == told


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Sefton Metropolitan Borough Council", "Sefton"),
        ("London Borough of Hackney", "Hackney"),
        ("Royal Borough of Kensington and Chelsea", "Kensington and Chelsea"),
        ("City of York Council", "York"),
        ("The City of Edinburgh Council", "Edinburgh"),
        ("Derry City and Strabane District Council", "Derry City and Strabane"),
        ("University of Manchester", "University of Manchester"),
        ("Council", "Council"),
        ("County Council", "County Council"),
        ("Kansas City", "Kansas City"),
        ("Ministry of Defence, Defence Equipment and Support", ""),
    ],
)
def test_a_council_is_called_what_people_call_it(name, short):
    assert buyer(name) == short


def test_the_buyer_stands_behind_a_title_that_leaves_room_and_does_not_name_it():
    sefton = facts(buyers=(Buyer("Sefton Metropolitan Borough Council"),))
    moved = "Deadline moved to 19 Jun 12:00"
    assert subject(moved, "Supported living", sefton) == f"{moved}: Supported living, Sefton"
    for title in ("Care in SEFTON", "x" * 80):
        assert subject(moved, title, sefton) == f"{moved}: {title}"
    assert subject(moved, "", None) == moved


@pytest.mark.parametrize("when", ["0001-01-01T00:00", "9999-12-31T23:59:59"])
def test_an_instant_without_a_local_time_is_told_as_its_day(when):
    assert brief(at(when), NOW, LONDON) == when[:10]
