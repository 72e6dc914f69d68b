"""The buyer's words beside the fields: left over, silent of a deadline, a promise kept late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fold import fold
from bot.model import Change, Notice
from bot.said import UNSAID, leaves_out, overdue
from bot.story import story
from tests.make import NOW, at, deadline, notice, record

MOVED = Change("submission", "2026-06-19T11:00:00Z", "2026-09-28T14:00:00Z")

# the words, whether they leave the deadline out
WORDS = {
    "need to add a postbox to allow bidders to express an interest": True,
    "Small typo amended.": True,
    "Update the link to the portal": True,
    "Lot 3: trainers. Total 72,000,000 from 1/3": True,
    "": False,
    "correction of dates": False,
    "change to submission date": False,
    "Extra Time": False,
    "Tender submission (UK4_123) reads 28/09/2026": False,
    "now 28.9.26": False,
    "by 28th September": False,
    "now 28 of September, 2026": False,
    "to September 28": False,
    "to 2026-09-28": False,
    "now 28 September 2027": True,
    "now 27 September": True,
    "Further clarifications posted 100826": True,
    "The clarification period is prolonged": False,
}


@pytest.mark.parametrize("words", WORDS)
def test_whether_words_leave_the_moved_deadline_out(words: str) -> None:
    assert leaves_out(words, [MOVED]) == WORDS[words]


@pytest.mark.parametrize(
    "change",
    [
        Change("value", "1 GBP", "2 GBP"),
        Change("contract-start", "2026-06-19", "2026-09-28"),
        Change("submission", "2026-06-19T11:00:00Z", None),
        Change("submission", None, "2026-09-28T14:00:00Z", origin="words"),
    ],
)
def test_only_deadlines_that_moved_by_their_fields_are_looked_for(change: Change) -> None:
    assert not leaves_out("Typo mended", [change])


def test_a_day_that_is_the_next_one_where_the_buyer_sits() -> None:
    midnight = Change("submission", None, "2026-09-27T23:00:00Z")
    assert not leaves_out("28 September", [midnight])
    assert not leaves_out("28 September", [Change("submission", None, "2026-09-28")])


@given(st.text(max_size=400))
def test_any_text_can_be_looked_through(words: str) -> None:
    assert leaves_out(words, [MOVED]) in (True, False)


def updates(*words: str, **each: Any) -> list[Notice]:
    """A tender and its updates, an hour apart, each with these words and its submission date."""
    dates = each.get("dates", ["2026-06-19T11:00"] * (len(words) + 1))
    return [
        notice(
            id=f"{number:06}-2026",
            published=NOW + timedelta(hours=number),
            update=number > 0,
            words=text,
            deadlines=(deadline(when=dates[number]),),
        )
        for number, text in enumerate(["", *words])
    ]


FORWARD = "the submission deadline was brought forward by"


def told(notices: list[Notice]) -> list[tuple[str | None, str, tuple[str, ...]]]:
    chapters = story([(n, n.published) for n in notices], source="fts")
    return [(e.name, e.words, e.notes) if (e := c.event) else (None, "", ()) for c in chapters][1:]


def test_words_left_over_from_the_update_before_are_not_quoted_as_new() -> None:
    """Odd case 2: a deadline cut to nine minutes beside the text of the update before."""
    text = "need to add a postbox"
    dates = ["2026-09-01T23:00", "2026-09-01T23:00", "2026-05-12T11:09"]
    assert told(updates(text, f"{text}. ", dates=dates)) == [
        ("amended", text, ()),
        ("amended", "", (UNSAID, f"{FORWARD} 112 days 12 hours, to 9 minutes after this notice")),
    ]


def test_the_same_words_again_and_nothing_else_are_no_news() -> None:
    assert told(updates("Typo", "typo!")) == [("amended", "Typo", ()), (None, "", ())]


def test_a_text_that_grew_by_a_sentence_is_quoted_whole() -> None:
    """Odd case 1: quote it, never diff it."""
    first = "The submission date is 28/09/2026"
    dates = ["2026-10-29T15:00", "2026-09-28T14:00", "2026-09-28T14:00"]
    assert told(updates(first, f"{first}. Security amended.", dates=dates)) == [
        ("amended", first, (f"{FORWARD} 31 days",)),
        ("amended", f"{first}. Security amended.", ()),
    ]


def test_words_come_back_after_others_as_news() -> None:
    assert [words for _, words, _ in told(updates("Typo", "Another typo", "Typo"))] == [
        "Typo",
        "Another typo",
        "Typo",
    ]


def test_the_same_words_of_another_contract_are_news() -> None:
    said = "Attached copy of signed contract"
    stubs = [
        notice(id=f"{n:06}-2026", published=NOW + timedelta(hours=n), kind="UK7", stage="contract",
               restates=False, update=True, status="awarded", words=said)
        for n in (1, 2)
    ]  # fmt: skip
    assert [words for _, words, _ in told([notice(), *stubs])] == [said, said]


# ---------------------------------------------------------------- promises


@pytest.mark.parametrize(
    ("promised", "published", "expected"),
    [
        ("2026-01-08T23:59:59", "2026-03-26T11:55", "expected by 8 January, 77 days late"),
        ("2026-03-25T23:59:59", "2026-03-26T11:55", "expected by 25 March, 1 day late"),
        ("2025-12-30T23:59:59", "2026-03-26T11:55", "expected by 30 December 2025, 86 days late"),
        ("2026-03-26T23:59:59", "2026-03-26T11:55", ""),
        ("2026-04-01T23:59:59", "2026-03-26T11:55", ""),
    ],
)
def test_a_tender_notice_that_comes_after_its_promise_says_so(
    promised: str, published: str, expected: str
) -> None:
    held = record(
        stage="planning", status="planned",
        deadlines=(deadline("expected-notice", promised, dated=True),),
    )  # fmt: skip
    tender = notice(published=at(published))
    assert overdue(held, tender) == expected
    assert overdue(None, tender) == ""


def test_only_the_tender_notice_keeps_the_promise_and_only_once() -> None:
    promise = (deadline("expected-notice", "2026-01-08T23:59:59", dated=True),)
    plan = notice(id="000001-2025", kind="UK2", stage="planning", published=at("2025-11-20"),
                  status="planned", deadlines=promise)  # fmt: skip
    later = notice(id="000002-2026", kind="UK3", stage="planning", published=at("2026-02-01"),
                   status="planned", deadlines=promise)  # fmt: skip
    events = told([plan, later, notice(), notice(id="000102-2026", update=True, words="Typo",
                                                 published=NOW + timedelta(days=1))])  # fmt: skip
    assert [notes for _, _, notes in events] == [
        (),
        ("expected by 8 January, 124 days late",),
        (),
    ]


def test_the_record_holds_the_last_words() -> None:
    first, second, third = updates("Typo", "")
    held = None
    for one in (first, second, third):
        held = fold(held, one, source="fts", learned=NOW)
    assert held is not None
    assert held.words == "Typo"
