"""Changes: what is told with its was → now, and what is noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.changes import changes
from bot.fold import fold
from bot.model import Award, Buyer, Change, Code, Document, Edit, Facts, Lot, Value
from tests.make import NOW, at, deadline, facts, notice

ENGLAND = tuple(f"UK{letter}" for letter in "CDEFGHIJK")
LOT = Lot("1", "North", "Care in the north.", "active", Value(None, 500.0, "GBP"))


def between(was: dict[str, Any], now: dict[str, Any], **more: Any) -> tuple[Change, ...]:
    first = notice(facts=facts(**was))
    second = notice(
        id="000102-2026", published=at("2026-05-13"), update=True, facts=facts(**now), **more
    )
    before = fold(None, first, source="fts", learned=NOW)
    return changes(before, fold(before, second, source="fts", learned=NOW), second)


# situation: facts before, facts after, the changes
TOLD: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[Change, ...]]] = {
    "the submission date moved": (
        {},
        {
            "deadlines": (
                deadline("enquiry", "2026-06-05T11:00"),
                deadline("submission", "2026-06-26T11:00"),
            )
        },
        (Change("submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z"),),
    ),
    "both dates moved, the submission first": (
        {},
        {"deadlines": (deadline("enquiry", "2026-06-10"), deadline("submission", "2026-06-26"))},
        (
            Change("submission", "2026-06-19T11:00:00Z", "2026-06-26T00:00:00Z"),
            Change("enquiry", "2026-06-05T11:00:00Z", "2026-06-10T00:00:00Z"),
        ),
    ),
    "an enquiry date was taken out": (
        {},
        {"deadlines": (deadline(),)},
        (Change("enquiry", "2026-06-05T11:00:00Z", None),),
    ),
    "an enquiry date was added": (
        {"deadlines": (deadline(),)},
        {},
        (Change("enquiry", None, "2026-06-05T11:00:00Z"),),
    ),
    "a date without a time": (
        {},
        {
            "deadlines": (
                deadline("enquiry", "2026-06-05T11:00"),
                deadline("submission", "2026-06-26T22:59:59", dated=True),
            )
        },
        (Change("submission", "2026-06-19T11:00:00Z", "2026-06-26"),),
    ),
    "one lot's deadline moved": (
        {"deadlines": (deadline(lot="1"), deadline(lot="2"))},
        {"deadlines": (deadline(lot="1"), deadline("submission", "2026-06-26T11:00", lot="2"))},
        (Change("submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z", "2"),),
    ),
    "every lot's deadline moved alike: told once": (
        {"deadlines": (deadline(lot="1"), deadline(lot="2"))},
        {"deadlines": tuple(deadline("submission", "2026-06-26T11:00", lot=n) for n in "12")},
        (Change("submission", "2026-06-19T11:00:00Z", "2026-06-26T11:00:00Z"),),
    ),
    "the value rose": (
        {},
        {"value": Value(2_000_000.0, 2_400_000.0, "GBP")},
        (Change("value", "1500000 GBP", "2000000 GBP"),),
    ),
    "only the gross figure was corrected": (
        {},
        {"value": Value(1_500_000.0, 1_750_000.5, "GBP")},
        (Change("value", "1800000 GBP", "1750000.5 GBP"),),
    ),
    "equal figures in another currency": (
        {},
        {"value": Value(1_500_000.0, 1_800_000.0, "EUR")},
        (Change("value", "1500000 GBP", "1500000 EUR"),),
    ),
    "a value was stated at last": (
        {"value": None},
        {},
        (Change("value", None, "1500000 GBP"),),
    ),
    "a lot was added": (
        {"lots": (LOT,)},
        {"lots": (LOT, Lot("2", "South"))},
        (Change("lot-added", None, "South", "2"),),
    ),
    "a lot was taken out": (
        {"lots": (LOT, Lot("2", "South"))},
        {"lots": (LOT,)},
        (Change("lot-removed", "South", None, "2"),),
    ),
    "a lot's value changed": (
        {"lots": (LOT, Lot("2", "South"))},
        {"lots": (replace(LOT, value=Value(None, 700.0, "GBP")), Lot("2", "South"))},
        (Change("lot-value", "500 GBP", "700 GBP", "1"),),
    ),
    "one lot's value mirrors the whole's: told once": (
        {"lots": (replace(LOT, value=Value(1_500_000.0, 1_800_000.0, "GBP")),)},
        {
            "value": Value(2_000_000.0, 2_400_000.0, "GBP"),
            "lots": (replace(LOT, value=Value(2_000_000.0, 2_400_000.0, "GBP")),),
        },
        (Change("value", "1500000 GBP", "2000000 GBP"),),
    ),
    "a lot was called off": (
        {"lots": (LOT, Lot("2", "South", status="active"))},
        {"lots": (LOT, Lot("2", "South", status="cancelled"))},
        (Change("status", "active", "cancelled", "2"),),
    ),
    "a lot without a status was called off": (
        {"lots": (LOT, Lot("2", "South"))},
        {"lots": (LOT, Lot("2", "South", status="cancelled"))},
        (Change("status", None, "cancelled", "2"),),
    ),
    "a lot was renumbered: matched by its title": (
        {"lots": (LOT,)},
        {"lots": (replace(LOT, id="LOT-0001"),)},
        (),
    ),
    "a lot's text was reworded": (
        {"lots": (LOT,)},
        {"lots": (replace(LOT, description="Care in the north and east."),)},
        (Change("lot-text", "Care in the north.", "Care in the north and east.", "1"),),
    ),
    "a CPV code was added": (
        {},
        {"cpv": (Code("85311000"), Code("85312000"))},
        (Change("cpv", ("85311000",), ("85311000", "85312000")),),
    ),
    "another place": ({}, {"places": ("UKD72",)}, (Change("region", ("UKD73",), ("UKD72",)),)),
    "nine regions of England became the United Kingdom": (
        {"places": ENGLAND},
        {"places": ("UK",)},
        (Change("region", ENGLAND, ("UK",)),),
    ),
    "another title": (
        {},
        {"title": "Supported living services, Northwick and Eastmoor"},
        (
            Change(
                "title",
                "Supported living services, Northwick",
                "Supported living services, Northwick and Eastmoor",
            ),
        ),
    ),
    "one sentence of the description": (
        {"description": "For adults. Ten homes are meant. Start in May."},
        {"description": "For adults. Twelve homes are meant. Start in May."},
        (Change("description", "Ten homes are meant.", "Twelve homes are meant."),),
    ),
    "a document was added": (
        {"documents": (Document("1", "Specification"),)},
        {"documents": (Document("1", "Specification"), Document("2", "Questions and answers"))},
        (Change("documents", None, ("Questions and answers",)),),
    ),
    "a document was replaced": (
        {"documents": (Document("1", "Specification", modified=NOW),)},
        {"documents": (Document("1", "Specification v2", modified=at("2026-05-13")),)},
        (Change("documents", ("Specification",), ("Specification v2",)),),
    ),
    "where to respond": (
        {"submission": "https://old.example.org"},
        {"submission": "https://new.example.org"},
        (Change("submission-address", "https://old.example.org", "https://new.example.org"),),
    ),
    "another procedure": (
        {"procedure": "Open procedure"},
        {"procedure": "Competitive flexible procedure"},
        (Change("procedure", "Open procedure", "Competitive flexible procedure"),),
    ),
    "suited to small enterprises as well": (
        {"sme": False, "vcse": False},
        {"sme": True, "vcse": False},
        (Change("suitability", "none", "SME"),),
    ),
    "another buyer": (
        {},
        {"buyers": (Buyer("Eastmoor Council", "GB-PPON-EMC"),)},
        (Change("buyer", "Northwick Borough Council", "Eastmoor Council"),),
    ),
}

NOISE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "white space and line breaks": (
        {"description": "For adults.\n\nIn their homes."},
        {"description": "For adults. \n In their   homes. "},
    ),
    "entities, bullets, curly quotes and capitals": (
        {"description": "• The Council&#39;s homes - all of them", "title": "Homes & gardens"},
        {"description": "The council’s homes – all of them.", "title": "HOMES &amp; GARDENS"},
    ),
    "codes in another order": (
        {"cpv": (Code("85311000"), Code("85312000"))},
        {"cpv": (Code("85312000"), Code("85311000", "Social work"))},
    ),
    "a place written twice": ({"places": ("UKD73",)}, {"places": ("UKD73", "UKD73")}),
    "ITL for NUTS": ({"places": ("UKD73",)}, {"places": ("TLD73",)}),
    "England and its nine regions": ({"places": ("England",)}, {"places": ENGLAND}),
    "lots in another order": (
        {"lots": (LOT, Lot("2", "South"))},
        {"lots": (Lot("2", "South"), LOT)},
    ),
    "a value that the update leaves out": ({}, {"value": None}),
    "a buyer's other identifier": ({}, {"buyers": (Buyer("Northwick Borough Council", "X-1"),)}),
    "a buyer's name in another spelling": (
        {},
        {"buyers": (Buyer("The NORTHWICK Borough Council", "GB-PPON-NWBC-0001"),)},
    ),
    "a lot goes from planned to active": (
        {"lots": (replace(LOT, status="planned"),)},
        {"lots": (LOT,)},
    ),
    "the award's forecast leaves with the form": (
        {"deadlines": (deadline(), deadline("award", "2026-08-01"))},
        {"deadlines": (deadline(),)},
    ),
    "a deadline that had passed leaves": (
        {"deadlines": (deadline(), deadline("engagement", "2026-05-01"))},
        {"deadlines": (deadline(),)},
    ),
    "a date of the whole repeated for each lot": (
        {"deadlines": (deadline("contract-start", "2026-09-01"),)},
        {"deadlines": tuple(deadline("contract-start", "2026-09-01", lot=n) for n in "12")},
    ),
    "awards say nothing of the tender": ({}, {"awards": (Award("1", ("Acme",)),)}),
}


@pytest.mark.parametrize("situation", TOLD)
def test_told(situation: str) -> None:
    was, now, expected = TOLD[situation]
    assert between(was, now) == expected


# Silence about a value is not news, and a document taken away is not told.
ONE_WAY = {
    "a value was stated at last",
    "a document was added",
    "a lot without a status was called off",
}
MIRROR = {"lot-added": "lot-removed", "lot-removed": "lot-added"}


@pytest.mark.parametrize("situation", [name for name in TOLD if name not in ONE_WAY])
def test_the_reverse_change_is_told_in_reverse(situation: str) -> None:
    was, now, expected = TOLD[situation]
    mirrored = [Change(MIRROR.get(c.field, c.field), c.now, c.was, c.lot) for c in expected]
    assert list(between(now, was)) == mirrored


@pytest.mark.parametrize("situation", sorted(ONE_WAY))
def test_silence_is_not_news(situation: str) -> None:
    was, now, _ = TOLD[situation]
    assert between(now, was) == ()


@pytest.mark.parametrize("situation", NOISE)
def test_noise(situation: str) -> None:
    was, now = NOISE[situation]
    assert between(was, now) == ()


def test_the_lines_of_a_corrigendum_stand_for_the_fields_they_name() -> None:
    moved = deadline("submission", "2026-07-03T11:00")
    edits = (
        Edit("submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z", moved),
        Edit("description", "ten homes", "twelve homes"),
    )
    stub = notice(id="000102-2026", restates=False, facts=Facts(), edits=edits)
    before = fold(None, notice(), source="fts", learned=NOW)
    after = fold(before, stub, source="fts", learned=NOW)
    assert changes(before, after, stub) == (
        Change("submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z"),
        Change("description", "ten homes", "twelve homes"),
    )


def test_what_a_corrigendum_leaves_out_the_record_knows_and_the_deadline_comes_first() -> None:
    edits = (
        Edit("documents", None, "changed on 2026-05-18"),
        Edit("submission", None, "2026-07-03T11:00:00Z", deadline(when="2026-07-03T11:00")),
    )
    stub = notice(id="000102-2026", restates=False, facts=Facts(), edits=edits)
    before = fold(None, notice(), source="fts", learned=NOW)
    assert changes(before, fold(before, stub, source="fts", learned=NOW), stub) == (
        Change("submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z"),
        Change("documents", None, "changed on 2026-05-18"),
    )


def test_a_long_rewritten_text_is_quoted_in_part() -> None:
    long = " ".join(f"Sentence number {n} of many." for n in range(200))
    (change,) = between({}, {"description": long})
    assert isinstance(change.now, str)
    assert len(change.now) < 410
    assert change.now.endswith("…")


# ---------------------------------------------------------------- dates read from a text


def said(*days: str) -> tuple[Any, ...]:
    return tuple(deadline("engagement", day, origin="words") for day in days)


def test_a_sentence_that_is_gone_is_told_as_the_changed_text_alone() -> None:
    was = {"deadlines": said("2026-05-20T11:00"), "description": "Please reply by 20 May 2026."}
    found = between(was, {"deadlines": (), "description": "A questionnaire will follow."})
    assert [change.field for change in found] == ["description"]


def test_a_date_that_is_new_or_another_in_the_text_says_that_it_was_read_there() -> None:
    come = between({"deadlines": ()}, {"deadlines": said("2026-05-20T11:00")})
    moved = between(
        {"deadlines": said("2026-05-20T11:00")}, {"deadlines": said("2026-05-27T11:00")}
    )
    assert come == (Change("engagement", None, "2026-05-20T11:00:00Z", origin="words"),)
    assert moved == (
        Change("engagement", "2026-05-20T11:00:00Z", "2026-05-27T11:00:00Z", origin="words"),
    )


def test_one_of_several_days_of_a_text_left_out_moves_none_of_the_others() -> None:
    both, last = said("2026-05-20T11:00", "2026-05-27T11:00"), said("2026-05-27T11:00")
    assert between({"deadlines": both}, {"deadlines": last}) == ()
    assert between({"deadlines": last}, {"deadlines": both}) == ()


def test_a_field_that_says_what_the_text_said_is_no_news() -> None:
    when = "2026-05-20T11:00"
    field = (deadline("engagement", when),)
    assert between({"deadlines": said(when)}, {"deadlines": field}) == ()
    later = (deadline("engagement", "2026-05-22T11:00"),)
    assert between({"deadlines": said(when)}, {"deadlines": later}) == (
        Change("engagement", "2026-05-20T11:00:00Z", "2026-05-22T11:00:00Z"),
    )
