"""The line of present state, and when it changes by time alone."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Award, Lot
from bot.render.links import links
from bot.render.state import State, status, turns
from tests.make import at, deadline, record

LONDON = ZoneInfo("Europe/London")
END = deadline(when="2026-06-19T11:00")
LATER = deadline(when="2026-07-19T11:00", lot="2")


@pytest.mark.parametrize(
    ("more", "amended", "now", "wanted"),
    [
        ({}, 0, "2026-06-01T09:00", ("Open", "open")),
        ({}, 1, "2026-06-01T09:00", ("Open, amended once", "open")),
        ({}, 2, "2026-06-01T09:00", ("Open, amended twice", "open")),
        ({}, 3, "2026-06-17T22:59", ("Open, amended 3 times", "open")),
        ({}, 0, "2026-06-17T23:00", ("Closes tomorrow", "soon")),  # midnight in London
        ({}, 1, "2026-06-18T09:00", ("Closes tomorrow, amended once", "soon")),
        ({}, 0, "2026-06-19T10:59", ("Closes today", "soon")),
        ({}, 0, "2026-06-19T11:00", ("Closed", "closed")),
        ({"deadlines": ()}, 0, "2026-06-19T11:00", ("Open", "open")),
        ({"deadlines": (END, LATER)}, 0, "2026-06-18T11:00", ("Open, first date tomorrow", "soon")),
        ({"deadlines": (END, LATER)}, 0, "2026-06-20T11:00", ("Open", "open")),
        (
            {"deadlines": (END, LATER), "lots": (Lot("2", status="cancelled"),)},
            *(0, "2026-06-18T11:00", ("Closes tomorrow", "soon")),
        ),
        ({"deadlines": (deadline("enquiry"),)}, 0, "2026-06-18T11:00", ("Open", "open")),
        ({"status": "planned", "stage": "planning"}, 1, "2026-06-18T11:00",
         ("Planned, amended once", "planned")),
        ({"status": "cancelled"}, 4, "2026-06-01T09:00", ("Cancelled", "cancelled")),
        ({"status": "ended"}, 0, "2026-06-01T09:00", ("Ended", "closed")),
        ({"status": "awarded"}, 0, "2026-06-01T09:00", ("Awarded", "awarded")),
        ({"status": "awarded", "awards": (Award("1", ("Harbour Care CIC",)),)}, 0,
         "2026-06-01T09:00", ("Awarded to Harbour Care CIC", "awarded")),
        ({"status": "awarded", "awards": (Award("1", ("A", "B")), Award("2", ("B",)))}, 0,
         "2026-06-01T09:00", ("Awarded to A and B", "awarded")),
        ({"status": "awarded", "awards": (Award("1", ("A", "B", "C", "D")),)}, 0,
         "2026-06-01T09:00", ("Awarded to A, B and 2 more", "awarded")),
    ],
)  # fmt: skip
def test_how_it_stands_in_a_few_words(more, amended, now, wanted):
    assert status(State(record(**more), amended), at(now), LONDON) == wanted


def test_it_is_looked_at_again_when_time_alone_changes_it():
    held, now, seen = record(), at("2026-06-01T09:00"), []
    while (again := turns(held, now, LONDON)) is not None:
        seen.append(f"{again.astimezone(LONDON):%d %H:%M}")
        now = again
    assert seen == ["05 12:00", "18 00:00", "19 00:00", "19 12:00"]
    assert turns(record(status="cancelled", deadlines=()), now, LONDON) is None


@given(
    ends=st.lists(st.integers(-4, 60), max_size=4),
    hours=st.integers(0, 40 * 24),
    kinds=st.lists(st.sampled_from(["submission", "participation", "enquiry"]), min_size=4),
)
def test_nothing_changes_before_it_is_looked_at_again(ends, hours, kinds):
    start = at("2026-03-10T09:30")  # summer time begins on the 29th
    deadlines = tuple(
        deadline(kind, (start + timedelta(hours=12 * end)).isoformat())
        for kind, end in zip(kinds, ends, strict=False)
    )
    held, now = record(deadlines=deadlines), start + timedelta(hours=hours)
    again = turns(held, start, LONDON)
    if again is None or now < again:
        assert status(State(held), now, LONDON) == status(State(held), start, LONDON)
        assert links(held, now, LONDON) == links(held, start, LONDON)


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_the_ends_of_time_do_no_harm(when):
    held = record(deadlines=(deadline(when=when),))
    status(State(held), at("2026-06-01T09:00"), LONDON)
    turns(held, at("2026-06-01T09:00"), LONDON)
    links(held, at("2026-06-01T09:00"), LONDON)


def test_a_date_without_a_time_is_a_day_in_the_calendar():
    held = record(deadlines=(deadline(when="2026-06-19T22:59:59", dated=True),), url=None)
    (one,) = links(held, at("2026-06-01T09:00"), LONDON)
    assert one.label == "Add to calendar" and "dates=20260619%2F20260620" in one.url


@pytest.mark.parametrize(
    ("submission", "portal"),
    [
        ("https://bids.example.org/t?a=1&b=2", "https://bids.example.org/t?a=1&b=2"),
        ("By e-mail to bids@example.org", None),
        ("https://bids.example.org and by post", None),
        ("javascript:alert(1)", None),
        ("https://www.find-tender.service.gov.uk@evil.example/", None),
    ],
)
def test_the_portal_is_a_button_where_it_is_an_address(submission, portal):
    found = {x.label: x.url for x in links(record(submission=submission), at("2026-06-01T09:00"),
                                           LONDON)}  # fmt: skip
    assert found.get("Submission portal") == portal
