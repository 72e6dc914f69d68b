"""Deadlines in prose: the wordings of real notices, and what only looks like a deadline."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import STAGES, Stage
from bot.prose import deadlines

LONDON = ZoneInfo("Europe/London")
PUBLISHED = datetime(2026, 8, 3, 9, 30, tzinfo=UTC)  # a Monday, 10:30 in London


def read(text: str, stage: Stage = "tender", published: datetime = PUBLISHED) -> list[str]:
    """`submission 2026-09-04 16:00` in UTC; a day without a time ends in `.`, then the flags."""
    return [
        f"{one.kind} {one.instant:%Y-%m-%d %H:%M}{'.' if one.dated else ''}"
        + "".join(f" {flag}" for flag in one.flags)
        for one in deadlines(text, published=published, zone=LONDON, stage=stage)
    ]


# ---------------------------------------------------------------- wordings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The deadline for the submission of tenders is 5pm on 4 September 2026.",
         "submission 2026-09-04 16:00"),
        ("The closing date for receipt of bids is Friday 4th September 2026 at 17:00hrs.",
         "submission 2026-09-04 16:00"),
        ("Closing date is Friday 4 September at 12 NOON.", "submission 2026-09-04 11:00"),
        ("Closing Date : 04/09/2026", "submission 2026-09-04 22:59."),
        ("Quotation Return Date - 04th September 2026", "submission 2026-09-04 22:59."),
        ("Tenders must be submitted by 12:00 on 4 September 2026.", "submission 2026-09-04 11:00"),
        ("You should return your quotation no later than 2.30pm on the 4th of September 2026",
         "submission 2026-09-04 13:30"),
        ("Bids must be received before 17:00pm Friday 4 September 2026",
         "submission 2026-09-04 16:00"),
        ("Please send your proposal to tenders@example.org by Friday 4 September.",
         "submission 2026-09-04 22:59."),
        ("This opportunity closes at NOON on the 4th September 2026.",
         "submission 2026-09-04 11:00"),
        ("The tender will close on 2026-09-04 at 16:00.", "submission 2026-09-04 15:00"),
        ("The deadline for submissions has been extended to 4 September 2026 at 12:00 Noon.",
         "submission 2026-09-04 11:00"),
        ("The tender deadline has been extended from 21 August 2026 to 4 September 2026.",
         "submission 2026-09-04 22:59."),
        ("Place of text to be modified: Deadline for return of tenders\n Instead of: 21 August 2026"
         "\n Time: 12:00\n Read New: 4 September 2026\n Time: 12:00",
         "submission 2026-09-04 11:00"),
        ("Any clarification questions must be raised through the portal by 12 August 2026.",
         "enquiry 2026-08-12 22:59."),
        ("The final date for clarifications is 1pm on 12 August 2026",
         "enquiry 2026-08-12 12:00"),
        ("Question Deadline - 12th August 2026", "enquiry 2026-08-12 22:59."),
        ("Queries about this tender should be e-mailed to us no later than noon on 12/08/2026.",
         "enquiry 2026-08-12 11:00"),
        ("Completed selection questionnaires must be returned by 12pm on 4 September 2026.",
         "participation 2026-09-04 11:00"),
        ("The closing date for expressions of interest is 4 September 2026 (12:00 BST).",
         "participation 2026-09-04 11:00"),
        ("Stage 1 PSQ: 04/09/2026, 12 noon deadline", "participation 2026-09-04 11:00"),
        ("A site visit will take place on Wednesday 12 August 2026 at 10am.",
         "engagement 2026-08-12 09:00"),
        ("Bidders' day: 12 August 2026", "engagement 2026-08-12 22:59."),
    ],
)  # fmt: skip
def test_a_tender_notice_says_what_is_due(text: str, told: str):
    assert read(text) == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Interested suppliers should complete the questionnaire no later than 23:59 on Friday"
         " 4th September 2026", "engagement 2026-09-04 22:59"),
        ("Please register your interest by 4 September 2026 by emailing us.",
         "engagement 2026-09-04 22:59."),
        ("The deadline for responding to the RFI is 4 September 2026.",
         "engagement 2026-09-04 22:59."),
        ("The window for responses to this RFI will close at 12:00 Midday on 4th September.",
         "engagement 2026-09-04 11:00"),
        ("Submission Deadline: 5:00pm, Friday 4 September 2026", "engagement 2026-09-04 16:00"),
        ("Expression of Interest Deadline: 4 September 2026, 17:00 BST",
         "engagement 2026-09-04 16:00"),
        ("Suppliers are asked to respond to the questions in the pack latest by 5pm; Friday"
         " 4 September 2026.", "engagement 2026-09-04 16:00"),
        ("Pre-tender market engagement clarification question deadline: 12pm on Wednesday"
         " 12th August", "enquiry 2026-08-12 11:00"),
        ("A webinar for suppliers will be held at 14:00 hours on the 12th August 2026.",
         "engagement 2026-08-12 13:00"),
        ("We will be holding a market engagement event on 12th August 2026 from 9.30am-10.30am via"
         " Teams.", "engagement 2026-08-12 08:30"),
        ("Market Engagement Event 12/08/26.", "engagement 2026-08-12 22:59."),
        ("Stage 1 - Expression of Interest - closing date 04/09/26",
         "engagement 2026-09-04 22:59."),
        ("Suppliers are invited to express their interest at: https://forms.example.org/abc\nby 12"
         " noon UK time on Wednesday 12 August 2026.", "engagement 2026-08-12 11:00"),
        ("This notice will be open for a month, ending on 4 September 2026.",
         "engagement 2026-09-04 22:59."),
    ],
)  # fmt: skip
def test_a_planning_notice_invites(text: str, told: str):
    assert read(text, "planning") == [told]


@pytest.mark.parametrize(
    "noon",
    ["12 noon", "midday", "12:00pm", "12.00 noon", "12:00 NOON", "12noon", "12:00 (12 noon / 12pm)",
     "12pm", "1200 hrs", "1200hrs (BST)", "12:00Hrs", "12.00pm midday", "12:00 Midday", "12 p.m.",
     "12:00 UK time", "12 NOON (UK time)"],
)  # fmt: skip
def test_noon_is_written_in_many_ways(noon: str):
    assert read(f"Tenders must be returned by {noon} on 4 September 2026.") == [
        "submission 2026-09-04 11:00"
    ]
    assert read(f"Closing date for tenders: Friday 4 September 2026, {noon}") == [
        "submission 2026-09-04 11:00"
    ]


@pytest.mark.parametrize(
    "day",
    ["4 September 2026", "4th September 2026", "04th Sept 2026", "4th of September, 2026",
     "the 4th September 2026", "Friday 4 September", "Friday, 4th September", "September 4, 2026",
     "04/09/2026", "4/9/26", "04-09-2026", "4.9.2026", "2026-09-04", "04 09 2026",
     "Friday04/09/2026", "4th Septemeber 2026", "Fri. 4 Sep 2026"],
)  # fmt: skip
def test_a_day_is_written_in_many_ways(day: str):
    assert read(f"Tenders must be returned by {day}.") == ["submission 2026-09-04 22:59."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Tenders must be returned by 4 September 2026 at 2pmrn Late tenders are void.",
         "submission 2026-09-04 13:00"),
        ("Closing date for tenders: 04-09-26rn", "submission 2026-09-04 22:59."),
        ("Tender details.rnrnClosing date for tenders: 4 September 2026",
         "submission 2026-09-04 22:59."),
        ("Closing date for tenders:t04/09/2026 12:00", "submission 2026-09-04 11:00"),
        ("Closing date for tenders: 04/09/2026 2026 at 23:59", "submission 2026-09-04 22:59"),
        ("Tenders must be returned by 23:59pm on 4 September 2026",
         "submission 2026-09-04 22:59"),
        ("The deadline for tenders is 2026-09-04 0900", "submission 2026-09-04 08:00"),
        ("Tenders must be returned by 0900 2026-09-04", "submission 2026-09-04 08:00"),
        ("Tenders must be returned by 3th September 2026", "submission 2026-09-03 22:59."),
        ("Tenders must be returned by\n4 September 2026", "submission 2026-09-04 22:59."),
    ],
)  # fmt: skip
def test_text_that_was_broken_on_the_way_is_read(text: str, told: str):
    assert read(text) == [told]


def test_words_that_end_in_rn_are_no_line_breaks():
    text = (
        "Return to Western Learn by 4 September 2026. Tenders must be returned by 5 September 2026."
    )
    assert read(text) == ["submission 2026-09-05 22:59."]


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "text",
    [
        # 1. not after the publication, to the minute
        "Tenders must be returned by 10:30 on 3 August 2026.",
        "The closing date for expressions of interest was 12 noon on 31 July 2026.",
        # 2. the old half of a change
        "The deadline is extended from 21 August 2026.",
        "Instead of: 21 August 2026",
        "The original closing date was 21 August 2026.",
        "Previous closing date for tenders: 21 August 2026",
        # 3. about something else
        "The contract will start on 1 October 2026.",
        "Contract start date: 1 October 2026",
        "The services must be operational by 1 October 2026.",
        "Works must be completed by 1 October 2026.",
        "The final report must be submitted no later than 1 October 2026.",
        "Outputs must be submitted no later than 1 October 2026.",
        "The current agreement expires on 30 September 2026.",
        "The framework may be extended before 30 September 2026.",
        "Mobilisation must be complete by 30 September 2026.",
        "Evaluation will end on 30 September 2026.",
        "The award decision will be sent by 30 September 2026.",
        "We expect to publish the tender notice by 30 September 2026.",
        "Tender documents will be available by 19 August 2026.",
        "Responses to questions will be published by 19 August 2026.",
        "The Council will respond to all bidders by 19 August 2026.",
        "Subject to approval by Cabinet on 19 August 2026.",
        "The contract deadline is 1 October 2026.",
        "Deadline for completion of the works: 1 October 2026",
        "Deadline: 1 October 2026 for delivery of the goods",
        "Access to the documents will close at noon on 19 August 2026.",
        "Bidders may be invited to interviews to be held on 19 August 2026.",
        "Tenders submitted must remain valid until 30 November 2026.",
        "Tenders are invited for the repair of the roof, to be completed by 31 October 2026.",
        "Quotations should be sent for the equipment needed by 31 October 2026.",
        "Tenderers must submit accounts for the years ending 30 September 2026.",
        "Deadline for responses to clarification questions: 19 August 2026",
        "Deadline for the Authority to answer questions: 19 August 2026",
        "Clarification response deadline: 19 August 2026",
        "Questions will be answered by 19 August 2026.",
        "Claims must be submitted by 30 September 2026.",
        "Community engagement events will be held on 19 August 2026.",
        "The Christmas market event will be held on 5 December 2026.",
        "The final date for payment is 30 September 2026.",
        "The Council's offices close on 24 December 2026.",
        "Interviews at an information session will be held on 19 August 2026.",
        # 4. no day
        "Tenders must be returned by September 2026.",
        "Tenders must be returned by mid September 2026.",
        "Tenders must be returned in the week commencing September 2026.",
        "Site visits will take place W/C 10th August 2026.",
        "Tenders must be returned by Aug 26.",
        "Tenders must be returned by 4 Sep 26.",
        # 5. a time without a day, and a period
        "Tenders must be returned by 12 noon.",
        "Questions must be asked within 10 days from publication.",
        "Questions must be asked by 12 noon, 10 days before the deadline.",
        # 6. standstill and representations
        "Representations must be made in writing by midnight on 17 August 2026.",
        "The standstill period ends on 17 August 2026.",
        "Providers may make representations, to be sent to us by 17 August 2026.",
        # 7. numbers that are no dates
        "Cover is needed 24/7/365.",
        "Return the form 18th Edition 2026 by Monday.",
        "See section 5.1.12 and https://example.org/2026-09-04/tender",
        "The helpdesk is open Monday to Friday, 8:30-17:00.",
        # 9. a bare line
        "4 September 2026",
        "12 noon on Friday 4 September 2026",
        # two days, or a span of them
        "A supplier event will be held: Date: 10th – 12th August 2026",
        "A supplier event will be held on 10th – 12th August 2026",
        "Closing date for tenders: 1 or 2 September 2026",
        "Site visits will be held on 1st and 2nd September 2026.",
        "Market engagement will be held between 1 September 2026 and 4 September 2026.",
        "Tenders may be submitted from 10/08/2026-04/09/2026.",
        "Tenders must be returned by 31 September 2026.",
        "Tenders must be returned by 4 or 5 September 2026.",
        "Tenders must be returned by midnight on 4 September 2026.",
        "The information event on 19 August 2026 is cancelled.",
        "CANCELLATION OF THE SUPPLIER EVENT SCHEDULED FOR 19 AUGUST 2026",
    ],
)
@pytest.mark.parametrize("stage", ["planning", "tender"])
def test_what_could_mean_something_else_is_not_said(text: str, stage: Stage):
    assert read(text, stage) == []


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Tenders must be returned by Monday 4 September 2026.", "weekday"),
        ("Tenders must be returned by 16:00 GMT on 4 September 2026.", "zone"),
        ("Tenders must be returned by 4 September 2026, midnight.", "time"),
        ("Tenders must be returned by 2026-09-04T12:00:00Z", "zone"),
        ("Tenders must be returned by 12am on 4 September 2026.", "time"),
        ("Tenders must be returned by 10:00 on 4 September 2026 at 11:00.", "time"),
        ("Tenders must be returned by 4 September 2029.", "far"),
    ],
)
def test_what_contradicts_itself_is_flagged(text: str, flag: str):
    (one,) = deadlines(text, published=PUBLISHED, zone=LONDON, stage="tender")
    assert flag in one.flags


def test_two_dates_for_one_thing_differ():
    text = (
        "Tenders must be returned by 4 September 2026.\nClosing date for tenders: 11 September 2026"
    )
    assert read(text) == [
        "submission 2026-09-04 22:59. differs",
        "submission 2026-09-11 22:59. differs",
    ]


def test_a_day_and_its_hour_in_another_sentence_are_one():
    text = "Closing date: 4 September 2026\nTenders must be returned by noon on 4 September 2026."
    assert read(text) == ["submission 2026-09-04 11:00"]


@pytest.mark.parametrize(
    "text",
    [
        "Deadline extended to 4 September 2026",
        "Applications must be submitted by 4 September 2026.",
    ],
)
def test_what_is_due_must_be_said(text: str):
    assert read(text) == []


@pytest.mark.parametrize("stage", ["award", "contract"])
def test_after_the_award_no_deadline_is_read(stage: Stage):
    assert read("Tenders must be returned by noon on 4 September 2026.", stage) == []


def test_a_forecast_of_the_tender_is_no_engagement():
    assert read("Tenders must be returned by 4 September 2026.", "planning") == []


def test_a_year_left_out_is_the_next_one():
    text = "Tenders must be returned by noon on Friday 8 January."
    late = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert read(text, published=late) == ["submission 2027-01-08 12:00"]
    assert read(text) == []  # five months and more ahead


def test_it_says_where_it_stands():
    text = (
        "Care at home.\nTenders  must be returned\nby noon on 4 September 2026. Late ones are void."
    )
    (one,) = deadlines(text, published=PUBLISHED, zone=LONDON, stage="tender")
    assert text[one.offset :].startswith("4 September 2026")
    assert one.sentence == "Tenders must be returned by noon on 4 September 2026."


def test_a_long_sentence_is_cut_around_its_date():
    text = f"{'very ' * 200}many tenders must be returned by 4 September 2026 {'to us ' * 200}"
    (one,) = deadlines(text, published=PUBLISHED, zone=LONDON, stage="tender")
    assert len(one.sentence) < 300
    assert "returned by 4 September 2026" in one.sentence


# ---------------------------------------------------------------- hostile text

_PIECES = st.sampled_from(
    ["4 September 2026", "by ", "noon ", "12:00 ", "to ", "and ", "Tenders must be returned ", "rn",
     ". ", "\n", ":", "Closing date ", "event ", "held on ", "from ", "Friday ", "1", "/", " ", "(",
     "31/12/9999", "2026-13-45", "29 February 2027", "Read New: ", "\x00", "é", "may ", "–"]
)  # fmt: skip


@given(
    st.one_of(st.text(), st.lists(_PIECES).map("".join)),
    st.sampled_from(STAGES),
    st.integers(0, 365 * 900),
)
def test_any_text_is_read_or_not(text: str, stage: Stage, days: int):
    at = datetime(1990, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)
    for one in deadlines(text, published=at, zone=LONDON, stage=stage):
        assert one.instant > at
        assert text[one.offset : one.offset + 1].strip()


@pytest.mark.parametrize(
    "piece",
    ["by noon on 4 September 2026 ", "1", "12:00 (", "and the ", "4 September 2026 to ", "rn", " ",
     "Closing date for the ", "\n", "is ", "1/1/1", "Friday ", "deadline ", ". A", "4 Sept",
     "of the "],
)  # fmt: skip
def test_no_text_takes_long(piece: str):
    text = piece * (400_000 // len(piece))
    begun = time.perf_counter()
    deadlines(text, published=PUBLISHED, zone=LONDON, stage="tender")
    assert time.perf_counter() - begun < 2
