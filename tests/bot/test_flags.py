"""What is odd about deadlines: each oddity once, where it comes up, nothing of what is usual."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo.shapes import Body, by, codes, fts, instant, item
from bot.detect import ALREADY_AMENDED, told
from bot.flags import ENQUIRY_LATE, PASSED
from bot.fold import fold
from bot.model import Buyer, Code, Deadline, Facts, Notice, Record
from tests.fakes import world
from tests.make import NOW, at, deadline, notice
from tests.processes import run_verb

SCOTS = (Buyer("Glen Council", "X", "UKM71"),)
ROADS = {"cpv": (Code("45233141"),), "procedure": "Open procedure"}
ENQUIRY = deadline("enquiry", "2026-06-05T11:00")


def flags(*notices: Notice) -> tuple[str, ...]:
    """The notes of the event of the last of these notices."""
    before: Record | None = None
    *earlier, last = notices
    for one in earlier:
        before = fold(before, one, source="fts", learned=one.published)
    event = told(before, fold(before, last, source="fts", learned=last.published), last)
    return event.notes if event else ()


def first(*deadlines: Deadline, **more: Any) -> Notice:
    return notice(**({"deadlines": deadlines} | more))


def later(*deadlines: Deadline, days: float = 1, **more: Any) -> Notice:
    given = {"id": "000102-2026", "published": NOW + timedelta(days=days), "update": True}
    return first(*deadlines, **(given | more))


def ends(when: str, **more: Any) -> Deadline:
    return deadline("submission", when, **more)


CLOSES = "The closing date for the receipt of tenders"
FIELD, TEXT = "by the portal's field", "by the notice's text"

ODD: dict[str, tuple[Notice, str]] = {
    "a Saturday": (first(ends("2026-06-20T11:00")), "the submission deadline is a Saturday"),
    "a Sunday, by the buyer's clock": (
        first(ends("2026-06-20T23:30")),
        "the submission deadline is a Sunday",
    ),
    "a Sunday without a time": (
        first(ends("2026-06-21T22:59:59", dated=True)),
        "the submission deadline is a Sunday",
    ),
    "a bank holiday": (
        first(deadline("enquiry", "2026-08-31T11:00")),
        "the enquiry deadline is on a public holiday, Mon 31 Aug 2026",
    ),
    "a bank holiday in Scotland alone": (
        first(ends("2026-08-03T11:00"), buyers=SCOTS),
        "the submission deadline is on a public holiday, Mon 3 Aug 2026",
    ),
    "midnight": (
        first(ends("2026-06-18T23:00")),
        "the submission deadline ends at midnight as Fri 19 Jun 2026 begins: act by "
        "Thu 18 Jun 2026",
    ),
    "two lots of three on one Sunday": (
        first(
            ends("2026-06-21T11:00", lot="LOT-0001"),
            ends("2026-06-22T11:00", lot="LOT-0002"),
            ends("2026-06-21T12:00", lot="LOT-0003"),
        ),
        "the submission deadline of lots 1 and 3 is a Sunday",
    ),
    "questions after the end": (
        first(deadline("enquiry", "2026-06-22T11:00"), ends("2026-06-19T11:00")),
        ENQUIRY_LATE,
    ),
    "an open procedure under the Act": (
        first(ends("2026-06-05T11:00"), **ROADS),
        "the submission deadline is 24 days after publication; the usual minimum is 25 "
        "(10 if urgent, announced before or for a dynamic market)",
    ),
    "a period that begins on the day of publication there": (
        first(ends("2026-06-05T11:00"), published=at("2026-05-11T23:30"), **ROADS),
        "the submission deadline is 24 days after publication; the usual minimum is 25 "
        "(10 if urgent, announced before or for a dynamic market)",
    ),
    "requests before the tenders, whose time runs from the invitation": (
        first(
            deadline("participation", "2026-05-22T11:00"),
            ends("2026-06-03T11:00"),
            **(ROADS | {"procedure": "Competitive flexible procedure"}),
        ),
        "the participation deadline is 10 days after publication; the usual minimum is 25 "
        "(10 if urgent)",
    ),
    "a request to participate, tomorrow": (
        first(
            deadline("participation", "2026-05-13T11:00"),
            **(ROADS | {"procedure": "Competitive flexible procedure"}),
        ),
        "the participation deadline is 1 day after publication; the usual minimum is 25 "
        "(10 if urgent)",
    ),
    "a request under the directive": (
        first(
            deadline("participation", "2026-06-05T11:00"),
            kind="F02",
            **(ROADS | {"procedure": "Restricted procedure"}),
        ),
        "the participation deadline is 24 days after publication; the usual minimum is 30 from "
        "dispatch (15 if urgent)",
    ),
    "a request to a utility": (
        first(
            deadline("participation", "2026-06-05T11:00"),
            kind="F05",
            **(ROADS | {"procedure": "Restricted procedure"}),
        ),
        "the participation deadline is 24 days after publication; the usual minimum is 30 from "
        "dispatch (15 in any event)",
    ),
    "an open procedure under the directive": (
        first(ends("2026-06-05T11:00"), kind="16", **ROADS),
        "the submission deadline is 24 days after publication; the usual minimum is 30 from "
        "dispatch (15 if urgent or announced before)",
    ),
    "another time zone": (
        first(
            ends("2026-06-19T10:00"),
            remarks=("the submission time has an offset unlike the buyer's: 12:00:00+02:00",),
        ),
        "the submission deadline is stated in another time zone than the buyer's: 12:00:00+02:00",
    ),
    "already over": (first(ends("2026-05-01T11:00")), PASSED),
    "another day in the text": (
        first(ends("2026-06-19T11:00"), description=f"{CLOSES} is 12 noon on 26 June 2026."),
        f"the submission deadline is Fri 19 Jun 2026 12:00 BST {FIELD}, "
        f"Fri 26 Jun 2026 12:00 BST {TEXT}",
    ),
    "another hour in the text": (
        first(ends("2026-06-19T14:00"), description=f"{CLOSES} is 12 noon on 19 June 2026."),
        f"the submission deadline is Fri 19 Jun 2026 15:00 BST {FIELD}, "
        f"Fri 19 Jun 2026 12:00 BST {TEXT}",
    ),
    "a day without an hour in the text": (
        first(ends("2026-06-19T11:00"), description=f"{CLOSES} is 26 June 2026."),
        f"the submission deadline is Fri 19 Jun 2026 12:00 BST {FIELD}, "
        f"Fri 26 Jun 2026, end of day {TEXT}",
    ),
    "an hour that only the text has": (
        first(
            ends("2026-06-19T22:59:59", dated=True),
            description=f"{CLOSES} is 12 noon on 19 June 2026.",
        ),
        "the notice's text gives a time for the submission deadline: Fri 19 Jun 2026 12:00 BST",
    ),
    "an hour beside 23:59": (
        first(ends("2026-06-19T22:59"), submission=f"{CLOSES} is 12 noon on 19 June 2026."),
        "the notice's text gives a time for the submission deadline: Fri 19 Jun 2026 12:00 BST",
    ),
    "the hour of an engagement, beside another day of it": (
        first(
            deadline("engagement", "2026-06-19T22:59:59", dated=True),
            kind="UK2",
            stage="planning",
            engagement="A webinar for suppliers will be held on 9 June 2026 at 2pm. "
            "Please return the questionnaire by 5pm on 19 June 2026.",
        ),
        "the notice's text gives a time for the market engagement: Fri 19 Jun 2026 17:00 BST",
    ),
    "words of an amendment that was not seen before": (
        later(
            deadline("engagement", "2026-06-18T22:59:59", dated=True),
            kind="UK2",
            stage="planning",
            words="Update of market engagement date to be 23rd June 2026",
        ),
        "the buyer's words of the amendment give another date for the market engagement: "
        "2026-06-23, the portal's field has 2026-06-18",
    ),
}


@pytest.mark.parametrize("situation", ODD)
def test_what_is_said_of(situation: str) -> None:
    odd, sentence = ODD[situation]
    assert [told for told in flags(odd) if told != ALREADY_AMENDED] == [sentence]


USUAL: dict[str, Notice] = {
    "noon of a working day": first(ENQUIRY, ends("2026-06-19T11:00")),
    "a minute before midnight": first(ends("2026-06-19T22:59")),
    "a date without a time": first(ends("2026-06-19T22:59:59", dated=True)),
    "the first moment of a date without a time": first(ends("2026-06-18T23:00", dated=True)),
    "a holiday of another nation": first(ends("2026-08-03T11:00")),
    "a Sunday of a forecast": first(ends("2026-06-21T11:00", firm=False)),
    "a Sunday of what nobody acts by": first(deadline("opening", "2026-06-21T11:00")),
    "a Sunday behind us": first(ends("2026-05-10T11:00"), ends("2026-06-19T11:00")),
    "a buyer in no known place": first(
        ends("2026-06-21T11:00"), record="x-1", buyers=(Buyer("A"),), places=None
    ),
    "questions to the last moment": first(
        deadline("enquiry", "2026-06-19T11:00"), ends("2026-06-19T11:00")
    ),
    "questions for one lot after the end of another": first(
        deadline("enquiry", "2026-06-22T11:00", lot="1"),
        ends("2026-06-19T11:00", lot="2"),
        ends("2026-06-26T11:00", lot="1"),
    ),
    "the least that the Act asks for": first(
        ends("2026-06-08T11:00"), published=at("2026-05-14T09:00"), **ROADS
    ),
    "below the threshold": first(
        ends("2026-05-19T11:00"),
        **(ROADS | {"procedure": "Below threshold - open competition"}),
    ),
    "social services, of the light-touch regime": first(
        ends("2026-05-19T11:00"), procedure="Open procedure"
    ),
    "a form of no known law": first(ends("2026-05-19T11:00"), kind="tender", **ROADS),
    "a changed version of an unseen notice": later(ends("2026-05-19T11:00"), **ROADS),
    "the same in the text": first(
        ends("2026-06-19T11:00"), description=f"{CLOSES} is 12 noon on 19 June 2026."
    ),
    "the same day in the text": first(
        ends("2026-06-19T11:00"), description=f"{CLOSES} is 19 June 2026."
    ),
    "the last minute of a day, in the text": first(
        ends("2026-06-19T22:59:59", dated=True), description=f"{CLOSES} is 23:59 on 19 June 2026."
    ),
    "a text with two dates": first(
        ends("2026-06-19T11:00"),
        description=f"{CLOSES} is 12 noon on 26 June 2026. {CLOSES} is 12 noon on 30 June 2026.",
    ),
    "a text that is not sure of the weekday": first(
        ends("2026-06-19T11:00"), description=f"{CLOSES} is 12 noon on Monday 26 June 2026."
    ),
    "lots of which one has the date of the text": first(
        ends("2026-06-19T11:00", lot="1"),
        ends("2026-06-26T11:00", lot="2"),
        description=f"{CLOSES} is 12 noon on 30 June 2026.",
    ),
    "a text that calls it by another name": first(
        deadline("participation", "2026-06-26T11:00"),
        ends("2026-07-15T11:00"),
        description=f"{CLOSES} is 12 noon on 26 June 2026.",
    ),
    "another day of a market engagement": first(
        deadline("engagement", "2026-06-19T22:59:59", dated=True),
        kind="UK2",
        stage="planning",
        engagement="A webinar for suppliers will be held on 9 June 2026 at 2pm.",
    ),
    "a deadline that stands in the text alone": first(
        ends("2026-06-19T11:00", origin="words"),
        description=f"{CLOSES} is 12 noon on 26 June 2026.",
    ),
    "a text of a buyer in no known place": first(
        ends("2026-06-19T11:00"),
        record="x-1",
        buyers=(Buyer("A"),),
        places=None,
        description=f"{CLOSES} is 12 noon on 26 June 2026.",
    ),
    "another time zone of a date that is over": first(
        ends("2026-06-19T11:00"),
        remarks=("the enquiry time has an offset unlike the buyer's: 12:00:00+02:00",),
    ),
}


@pytest.mark.parametrize("situation", USUAL)
def test_nothing_is_said_of(situation: str) -> None:
    told = flags(USUAL[situation])
    assert [t for t in told if not t.startswith("already amended")] == []


def test_an_oddity_is_told_by_the_notice_that_brings_it_and_by_no_later_one() -> None:
    sunday = ends("2026-06-21T11:00")
    usual, odd = first(ends("2026-06-19T11:00")), later(sunday)
    again = later(sunday, days=2, id="000103-2026", title="Another title")
    assert flags(usual) == ()
    assert flags(usual, odd) == ("the submission deadline is a Sunday",)
    assert flags(usual, odd, again) == ()


def test_the_forecast_of_a_plan_is_odd_when_it_becomes_firm() -> None:
    plan = first(ends("2026-06-21T11:00", firm=False), kind="UK3", stage="planning",
                 id="000100-2026", published=NOW - timedelta(days=9))  # fmt: skip
    assert flags(plan) == ()
    assert flags(plan, first(ends("2026-06-21T11:00"))) == ("the submission deadline is a Sunday",)


def test_a_text_beside_its_field_is_told_once_and_one_left_behind_by_a_move_never() -> None:
    text = f"{CLOSES} is 12 noon on 19 June 2026."
    usual = first(ends("2026-06-19T11:00"), description=text)
    moved = later(ends("2026-06-26T11:00"), description=text)
    again = later(ends("2026-06-26T11:00"), days=2, id="000103-2026", description=text, title="B")
    assert flags(usual, moved) == flags(usual, moved, again) == ()
    other = f"{CLOSES} is 12 noon on 30 June 2026."
    changed = replace(again, facts=replace(again.facts, description=other))
    assert len(flags(usual, moved, changed)) == 1
    more = replace(changed, id="000104-2026", published=NOW + timedelta(days=3))
    more = replace(more, facts=replace(more.facts, title="C"))
    assert flags(usual, moved, changed, more) == ()


def test_questions_after_the_end_are_told_once() -> None:
    wrong = deadline("enquiry", "2026-06-26T11:00")
    usual = first(ENQUIRY, ends("2026-06-19T11:00"))
    odd = later(wrong, ends("2026-06-19T11:00"))
    again = later(wrong, ends("2026-06-22T11:00"), days=2, id="000103-2026")
    assert flags(usual, odd) == (ENQUIRY_LATE,)
    assert flags(usual, odd, again) == ()


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("2026-06-19T11:00", "2026-06-16T11:00", "brought forward by 3 days"),
        ("2026-10-30T12:00", "2026-10-20T11:00", "brought forward by 10 days"),
        (
            "2026-06-19T11:00",
            "2026-05-13T09:09",
            "brought forward by 37 days 2 hours, to 9 minutes after this notice",
        ),
    ],
)
def test_a_deadline_brought_forward(was: str, now: str, sentence: str) -> None:
    assert flags(first(ends(was)), later(ends(now))) == (f"the submission deadline was {sentence}",)


def test_where_one_side_is_a_date_alone_days_are_compared() -> None:
    day = ends("2026-06-19T22:59:59", dated=True)
    by_days = "the submission deadline was brought forward by"
    earlier = ends("2026-06-17T22:59:59", dated=True)
    assert flags(first(day), later(earlier)) == (f"{by_days} 2 days",)
    assert flags(first(day), later(ends("2026-06-19T11:00"))) == ()
    assert flags(first(day), later(ends("2026-06-18T11:00"))) == (f"{by_days} 1 day",)
    assert flags(first(ends("2026-06-19T11:00")), later(earlier)) == (f"{by_days} 2 days",)


def test_a_date_that_an_edit_moves_has_no_minimum() -> None:
    edit = later(ends("2026-06-05T11:00"), update=False, **ROADS)
    (moved,) = flags(first(ends("2026-06-19T11:00"), **ROADS), edit)
    assert "brought forward" in moved


def test_a_live_tender_whose_end_is_moved_behind_us_is_over() -> None:
    usual, over = first(ends("2026-06-19T11:00")), later(ends("2026-05-12T11:00"))
    assert PASSED in flags(usual, over)
    again = later(ends("2026-05-12T11:00"), days=2, id="000103-2026", title="Another title")
    assert flags(usual, over, again) == ()


def test_a_corrigendum_is_looked_at_as_well() -> None:
    usual = first(ENQUIRY, ends("2026-06-19T11:00"))
    moved = Facts(deadlines=(ends("2026-06-27T11:00"),))
    stub = later(restates=False, facts=moved)
    assert flags(usual, stub) == ("the submission deadline is a Saturday",)


def test_awards_and_their_dates_are_left_alone() -> None:
    award = later(kind="UK6", stage="award", status="awarded", restates=False,
                  facts=Facts(deadlines=(deadline("standstill", "2026-06-21T11:00"),)))  # fmt: skip
    assert flags(first(ends("2026-06-19T11:00")), award) == ()


# ---------------------------------------------------------------- to the reader

COUNCIL = Body("Northwick Borough Council", "NWBC-0001-AAAA", "Northwick", "L20 1AA", "UKD73")
CARE = codes(("85311000", "Social work services with accommodation"))
SUNDAY = "the submission deadline is a Sunday"


def test_a_flag_is_in_the_message_in_explain_and_in_the_history(
    database_url: str, tmp_path: Path
) -> None:
    start = instant("2026-05-11 09:00")
    with world(database_url, tmp_path, start) as bell:
        assert bell.once(start).well
        for number, title in ((101, "Homes"), (102, "Homes for ten")):
            bell.portal.publish("fts", fts(
                "UK4", f"2026-05-{number - 89} 10:00", number, 101, (COUNCIL,), reference="N-1",
                title=title, description="Care.", status="active",
                items=[item("1", CARE, "UKD73")], tenderPeriod=by("2026-06-21 12:00"),
            ))  # fmt: skip
        for day in (12, 13):
            assert bell.once(instant(f"2026-05-{day} 12:00")).well
        new, amended = (str(post.body) for post in bell.slack.received[-2:])
        assert f":information_source: {SUNDAY}" in new and SUNDAY not in amended
        asked = ("--config", bell.path, "ocds-h6vhtk-000065")
        lines = run_verb("history", *asked, "--json").stdout.splitlines()
        assert [json.loads(line)["flags"] for line in lines] == [[SUNDAY], []]
        assert f"event: new; {SUNDAY}" in run_verb("explain", *asked).stdout
