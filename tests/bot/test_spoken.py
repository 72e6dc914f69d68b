"""Dates that only the buyer's words of an amendment state: told as such, and never applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detect import false_now, reminders, told
from bot.fold import fold
from bot.model import Buyer, Change, Event, Facts, Notice, Record
from bot.render.notes import moves, void
from tests.make import NOW, at, deadline, lead, notice

LONDON = ZoneInfo("Europe/London")
# The builder's record: questions until 5 June at noon, tenders until 19 June at noon.
SUBMISSION, ENQUIRY = "2026-06-19T11:00:00Z", "2026-06-05T11:00:00Z"
START = deadline("contract-start", "2026-09-26T22:59:59", dated=True)
END = deadline("contract-end", "2028-09-25T22:59:59", dated=True)
STANDSTILL = deadline("standstill", "2026-06-14T22:59:59", dated=True)


def after(words: str, **more: Any) -> tuple[Record, Record, Event | None]:
    """The record before and after an amendment with these words, and its event."""
    given = {"id": "000102-2026", "published": NOW + timedelta(days=1), "update": True}
    last = notice(**(given | {"words": words} | more))
    same = {name: more[name] for name in ("record", "buyers", "places") if name in more}
    before = fold(None, notice(**same), source="fts", learned=NOW)
    if more.get("stage") == "award":
        won = notice(**(more | {"id": "000101-2026", "published": NOW}))
        before = fold(before, won, source="fts", learned=NOW)
    now = fold(before, last, source="fts", learned=last.published)
    return before, now, told(before, now, last)


def said(words: str, **more: Any) -> list[Change]:
    _, _, event = after(words, **more)
    assert event is not None and event.words == words
    return [change for change in event.changes if change.origin == "words"]


def contract(*dates: Any) -> dict[str, Any]:
    return {"kind": "UK6", "stage": "award", "restates": False, "status": "awarded",
            "facts": Facts(deadlines=dates)}  # fmt: skip


STATED: dict[str, tuple[str, dict[str, Any], Change]] = {
    "a day and its time": (
        "The deadline for tenders has been extended to 12 noon on 26 June 2026.",
        {},
        Change("submission", SUBMISSION, "2026-06-26T11:00:00Z", None, "words"),
    ),
    "a day alone, without its year": (
        "The closing date for clarification questions is now 9th June.",
        {},
        Change("enquiry", ENQUIRY, "2026-06-09", None, "words"),
    ),
    "from and to": (
        "Tender deadline extended from 19 June 2026 to 26 June 2026.",
        {},
        Change("submission", SUBMISSION, "2026-06-26", None, "words"),
    ),
    "of the contract's start": (
        "Wrong date for contract start. Contract start date should read as 29/06/2026",
        contract(START),
        Change("contract-start", "2026-09-26", "2026-06-29", None, "words"),
    ),
    "of the contract's end": (
        "Contract end date updated from: 25th September 2028 to 5th July 2029.",
        contract(START, END),
        Change("contract-end", "2028-09-25", "2029-07-05", None, "words"),
    ),
    "of a standstill": (
        "The standstill period will be extended until the end of Wednesday, 17th June 2026.",
        contract(STANDSTILL),
        Change("standstill", "2026-06-14", "2026-06-17", None, "words"),
    ),
    "of a standstill in brackets": (
        "Edited to reset the standstill period (now expires 17/06/2026) - no more than that",
        contract(STANDSTILL),
        Change("standstill", "2026-06-14", "2026-06-17", None, "words"),
    ),
    "of what no field states": (
        "Standstill period extended to 17 June 2026",
        contract(START),
        Change("standstill", None, "2026-06-17", None, "words"),
    ),
}


@pytest.mark.parametrize("situation", STATED)
def test_words_state(situation: str) -> None:
    words, more, change = STATED[situation]
    assert said(words, **more) == [change]


SILENT: dict[str, tuple[str, dict[str, Any]]] = {
    "what the field shows": ("The tender deadline is extended to 19 June 2026.", {}),
    "what the field shows, to the minute": (
        "The deadline for tenders is extended to 12:00 noon on 19 June 2026.", {}),
    "a day that another field has": ("Deadline for tenders extended to 5 June 2026.", {}),
    "a start that the field has as the end of that day": (
        "Contract start date updated from 1 May 2026 to 26 September 2026.", contract(START)),
    "a start that the field has as the day before": (
        "Contract start date should read as 27/09/2026", contract(START)),
    "no kind": ("The date should read 29/06/2026.", {}),
    "no day": ("The tender deadline has been extended by two weeks.", {}),
    "two days": (
        "The tender deadline is 26 June 2026. The tender deadline is 30 June 2026.", {}),
    "two starts": (
        "Contract start date is moved to 1 July 2026. Contract start date should be 2 July 2026.",
        contract(START)),
    "another weekday": ("Tender deadline extended to Monday 26 June 2026.", {}),
    "a day that is over": ("Tender deadline extended to 1 May 2026.", {}),
    "the old date": ("The previous tender deadline was 26 June 2026.", {}),
    "the end of an extension": (
        "Extended contract end date updated to 5 July 2030.", contract(START, END)),
    "a date of something else": ("The contract was signed on 12 June 2026.", contract(START)),
    "a start that somebody proposes": (
        "The supplier asked whether the contract start could be 1 July 2026.", contract(START)),
    "a buyer in no known place": (
        "Tender deadline extended to 26 June 2026.",
        {"record": "x-1", "buyers": (Buyer("A"),), "places": None}),
}  # fmt: skip


@pytest.mark.parametrize("situation", SILENT)
def test_words_that_leave_a_doubt_say_nothing(situation: str) -> None:
    words, more = SILENT[situation]
    assert said(words, **more) == []


def test_what_a_field_moved_is_told_by_the_field() -> None:
    words = "The tender deadline is extended to 26 June 2026, see the documents."
    moved = (deadline("submission", "2026-06-30T11:00"),)
    _, _, event = after(words, deadlines=moved)
    assert event is not None
    assert [(c.field, c.now, c.origin) for c in event.changes] == [
        ("submission", "2026-06-30T11:00:00Z", "field"),
        ("enquiry", None, "field"),
    ]


def test_words_that_are_left_over_are_not_read_again() -> None:
    words = "The tender deadline is extended to 26 June 2026."
    _, first, _ = after(words)
    again = notice(id="000103-2026", published=NOW + timedelta(days=2), update=True, words=words,
                   title="Another title")  # fmt: skip
    event = told(first, fold(first, again, source="fts", learned=NOW), again)
    assert event is not None
    assert [change.field for change in event.changes] == ["title"]


def test_the_record_keeps_the_fields_date_and_its_reminders() -> None:
    before, now, event = after("The deadline for tenders has been extended to 26 June 2026.")
    assert event is not None
    assert now.facts.deadlines == before.facts.deadlines
    leads = {"submission": (lead("7d"),)}
    (due,) = reminders(now, at("2026-06-12T11:00"), leads)
    assert false_now(due, now, at("2026-06-12T11:00")) is None
    # It is loud like any moved date, but takes back nothing that holds.
    assert [change.now for change in moves(event)] == ["2026-06-26"]
    assert void(event, [(due, at("2026-06-12T11:00"))], LONDON) == ""
    gone = replace(event, record=now.having(deadlines=()))
    assert void(gone, [(due, at("2026-06-12T11:00"))], LONDON) != ""


@given(st.text(max_size=400), st.sampled_from(["contract start date should read ", ""]))
def test_any_words_can_be_read(words: str, cue: str) -> None:
    last = notice(id="000102-2026", published=NOW + timedelta(days=1), update=True,
                  words=f"{words}{cue}29/06/2026")  # fmt: skip
    assert isinstance(last, Notice)
    before = fold(None, notice(), source="fts", learned=NOW)
    event = told(before, fold(before, last, source="fts", learned=NOW), last)
    assert event is not None and event.name == "amended"
