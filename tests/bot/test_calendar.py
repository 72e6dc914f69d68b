"""Calendar entries: which deadlines have one, that it follows its date, and that it is sound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Component

from bot.calendar import attachments, feed, sequence
from bot.detect import told
from bot.fold import fold
from bot.model import Change, Deadline, Event, Lot, Notice, Record
from tests.make import NOW, at, deadline, event, notice, record

LONDON = ZoneInfo("Europe/London")
ENQUIRY, SUBMISSION = deadline("enquiry", "2026-06-05T11:00"), deadline()


def parsed(content: bytes) -> Component:
    """A calendar as another program reads it; every rule of the format kept."""
    assert content.startswith(b"BEGIN:VCALENDAR\r\n") and content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"") and b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 75
    (calendar,) = Calendar.from_ical(content, multiple=True)
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
    seen = set()
    for entry in calendar.walk("VEVENT"):
        assert not entry.errors
        for name in ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "ORGANIZER", "STATUS"):
            assert not isinstance(entry[name], list)
        assert entry["UID"] not in seen
        seen.add(entry["UID"])
    return calendar


def files(what: Event, now: datetime = NOW) -> dict[str, Component]:
    """Each file's one entry, by the file's name."""
    held = what.record
    assert held is not None
    found = {}
    for one in attachments(what, held, now, LONDON):
        calendar = parsed(one.content)
        assert one.kind == "text/calendar" and one.parameters["method"] == calendar["METHOD"]
        (entry,) = calendar.walk("VEVENT")
        assert (entry["STATUS"] == "CANCELLED") == (calendar["METHOD"] == "CANCEL")
        found[one.name] = entry
    return found


def summaries(entries: Iterable[Component]) -> list[str]:
    return [str(entry["SUMMARY"]) for entry in entries]


# ---------------------------------------------------------------- what an entry says


def test_a_new_notice_brings_each_date_to_act_by():
    ends = (
        *(SUBMISSION, ENQUIRY, deadline("engagement", "2026-06-01T11:00")),
        deadline("participation", "2026-06-03T11:00"),
        deadline("contract-start", "2026-09-01T00:00"),
        deadline("submission", "2026-07-01T11:00", firm=False),
        deadline("enquiry", "2026-05-01T11:00", lot="1"),
    )
    assert list(files(event(record=record(deadlines=ends)))) == [
        "respond-by-2026-06-01.ics",
        "ask-to-take-part-by-2026-06-03.ics",
        "ask-questions-by-2026-06-05.ics",
        "submit-by-2026-06-19.ics",
    ]


def test_an_entry_says_what_where_and_until_when():
    entry = files(event())["submit-by-2026-06-19.ics"]
    assert entry["SUMMARY"] == "Submit by: Supported living services, Northwick"
    assert entry.decoded("DTSTART") == datetime(2026, 6, 19, 11, tzinfo=UTC)
    assert b"DTSTART:20260619T110000Z" in entry.to_ical() and "DTEND" not in entry
    assert entry["DESCRIPTION"].split("\n") == [
        "Northwick Borough Council",
        "Notice 000101-2026 (find-a-tender)",
        "https://www.find-tender.service.gov.uk/Notice/000101-2026",
    ]
    assert entry["URL"] == "https://www.find-tender.service.gov.uk/Notice/000101-2026"
    assert entry["TRANSP"] == "TRANSPARENT" and entry.decoded("DTSTAMP") == NOW
    alarms = [alarm["TRIGGER"].dt for alarm in entry.walk("VALARM")]
    assert alarms == [timedelta(days=-1), timedelta(hours=-1)]


def test_a_day_without_a_time_is_a_whole_day_and_rings_in_the_morning():
    end = deadline(when="2026-06-19T22:59:59", dated=True)
    entry = files(event(record=record(deadlines=(end,))))["submit-by-2026-06-19.ics"]
    assert entry.decoded("DTSTART") == date(2026, 6, 19)
    assert b"DTSTART;VALUE=DATE:20260619\r\n" in entry.to_ical()
    assert "No time is stated." in entry["DESCRIPTION"]
    alarms = [alarm["TRIGGER"].dt for alarm in entry.walk("VALARM")]
    assert alarms == [timedelta(hours=-15), timedelta(hours=9)]


def test_a_date_read_from_the_text_says_so():
    end = deadline("engagement", origin="words", words="Please reply by noon on 19 June.")
    (entry,) = files(event(record=record(stage="planning", deadlines=(end,)))).values()
    said = "Read from the notice's text: Please reply by noon on 19 June."
    assert said in entry["DESCRIPTION"]


def test_a_reminder_brings_its_own_deadline_alone():
    what = event("deadline", deadline=ENQUIRY, lead="2d")
    assert list(files(what)) == ["ask-questions-by-2026-06-05.ics"]


@pytest.mark.parametrize("name", ["started", "operators"])
def test_other_events_bring_none(name):
    assert files(event(name)) == {}


def test_an_award_before_the_date_takes_it_back():
    held = record(stage="award", status="awarded", deadlines=(SUBMISSION,))
    (entry,) = files(event("awarded", record=held)).values()
    (before,) = files(event(record=record(deadlines=(SUBMISSION,)))).values()
    assert entry["STATUS"] == "CANCELLED" and entry["UID"] == before["UID"]
    assert files(event("awarded", record=held), at("2026-06-19T11:00")) == {}
    assert shown(held).walk("VEVENT") == []


def test_what_is_behind_us_is_no_entry():
    assert list(files(event(), at("2026-06-05T11:00"))) == ["submit-by-2026-06-19.ics"]
    assert files(event(), at("2026-06-19T11:00")) == {}


def test_an_instant_without_a_local_day_is_no_entry():
    assert files(event(record=record(deadlines=(deadline(when="9999-12-31T23:59:59"),)))) == {}


# ---------------------------------------------------------------- lots


def test_lots_that_end_together_are_one_entry():
    ends = tuple(deadline(lot=f"LOT-{n:04}") for n in range(1, 6))
    (entry,) = files(event(record=record(deadlines=ends))).values()
    assert str(entry["SUMMARY"]).startswith("Submit by (lot 1, 2, 3 and 2 more): ")
    whole = files(event(record=record(deadlines=(*ends, SUBMISSION))))
    assert summaries(whole.values()) == ["Submit by: Supported living services, Northwick"]


def test_more_than_a_handful_of_deadlines_share_the_last_file():
    ends = tuple(deadline(when=f"2026-06-{n:02}T11:00", lot=f"{n}") for n in range(1, 26))
    what = event(record=record(deadlines=ends))
    found = attachments(what, what.record, NOW, LONDON)
    assert len(found) == 11 and found[-1].name == "further-deadlines.ics"
    assert len(parsed(found[-1].content).walk("VEVENT")) == 15


def test_two_entries_of_one_day_have_two_names():
    ends = (deadline(lot="1"), deadline(when="2026-06-19T15:00", lot="2"))
    names = list(files(event(record=record(deadlines=ends))))
    assert names == ["submit-by-2026-06-19.ics", "submit-by-2026-06-19-2.ics"]


def test_a_reminder_of_a_lot_brings_the_entry_that_it_shares():
    ends = (deadline(lot="1"), deadline(lot="2"), deadline(when="2026-06-20T11:00", lot="3"))
    what = event("deadline", record=record(deadlines=ends), deadline=ends[1], lead="7d")
    (entry,) = files(what).values()
    assert str(entry["SUMMARY"]).startswith("Submit by (lot 1, 2): ")


def test_a_lot_that_is_closed_takes_its_entry_back():
    lots = (Lot("1", "North"), Lot("2", "South", status="cancelled"))
    held = record(lots=lots, deadlines=(deadline(lot="1"), deadline(lot="2")))
    closing = (Change("status", "active", "cancelled", lot="2"),)
    (entry,) = files(event("amended", record=held, changes=closing)).values()
    assert entry["SUMMARY"].startswith("Cancelled: Submit by (lot 2): ")
    (standing,) = files(event("new", record=held)).values()
    assert standing["SUMMARY"].startswith("Submit by (lot 1): ")


def test_the_date_of_the_whole_falls_with_its_last_lot():
    lots = (Lot("1", status="cancelled"), Lot("2", status="unsuccessful"))
    held = record(lots=lots, deadlines=(SUBMISSION,))
    closing = (Change("status", "active", "cancelled", lot="1"),)
    (entry,) = files(event("amended", record=held, changes=closing)).values()
    assert entry["STATUS"] == "CANCELLED"


# ---------------------------------------------------------------- a date that moves


def story(*notices: Notice) -> list[Event]:
    """The events of one process, notice by notice."""
    held: Record | None = None
    found = []
    for each in notices:
        after = fold(held, each, source="fts", learned=each.published)
        what = told(held, after, each)
        assert what is not None
        # As it comes from the outbox, where the record before is not kept.
        found.append(replace(what, before=None))
        held = after
    return found


def said(number: int, day: str, *ends: Deadline, **more: Any) -> Notice:
    given = {"id": f"{number:06}-2026", "published": at(f"{day}T09:00"), "update": number > 1}
    return notice(**(given | {"deadlines": ends} | more))


def test_one_entry_follows_its_date_through_every_move():
    moved = "2026-06-26T11:00", "2026-06-12T11:00", "2026-07-03T22:59:59"
    events = story(
        said(1, "2026-05-12", SUBMISSION),
        said(2, "2026-05-14", deadline(when=moved[0])),
        said(3, "2026-05-14", deadline(when=moved[1])),
        said(4, "2026-05-20", deadline(when=moved[2], dated=True)),
        said(5, "2026-05-21", cancels="tender", restates=False, deadlines=(), kind="UK12"),
    )
    entries = [entry for what in events for entry in files(what).values()]
    assert [what.name for what in events][-1] == "cancelled" and len(entries) == 5
    assert len({entry["UID"] for entry in entries}) == 1
    numbers = [entry["SEQUENCE"] for entry in entries]
    assert numbers == sorted(set(numbers))
    assert [entry["STATUS"] for entry in entries] == ["CONFIRMED"] * 4 + ["CANCELLED"]
    assert [entry.decoded("DTSTART") for entry in entries[1:3]] == [at(when) for when in moved[:2]]


def test_an_amendment_brings_only_the_kinds_that_it_changes():
    first = said(1, "2026-05-12", SUBMISSION, ENQUIRY)
    _, moved, other = story(
        first,
        said(2, "2026-05-14", SUBMISSION, deadline("enquiry", "2026-06-08T11:00")),
        said(3, "2026-05-15", SUBMISSION, deadline("enquiry", "2026-06-08T11:00"), title="Else"),
    )
    assert list(files(moved)) == ["ask-questions-by-2026-06-08.ics"]
    assert files(other) == {}


def test_a_date_that_is_stated_no_more_is_taken_back_under_its_name():
    new, gone = story(said(1, "2026-05-12", SUBMISSION, ENQUIRY), said(2, "2026-05-14", SUBMISSION))
    (entry,) = files(gone).values()
    assert entry["STATUS"] == "CANCELLED" and list(files(gone)) == [
        "cancelled-ask-questions-by-2026-06-05.ics"
    ]
    before = files(new)["ask-questions-by-2026-06-05.ics"]
    assert entry["UID"] == before["UID"] and entry["SEQUENCE"] > before["SEQUENCE"]


def test_where_a_date_of_the_whole_becomes_one_of_each_lot_the_old_entry_goes():
    lots = (Lot("1", "North"), Lot("2", "South"))
    first, split = story(
        said(1, "2026-05-12", SUBMISSION, lots=lots),
        said(2, "2026-05-14", deadline(lot="1", when="2026-06-26T11:00"),
             deadline(lot="2", when="2026-06-29T11:00"), lots=lots),
    )  # fmt: skip
    (whole,) = files(first).values()
    found = files(split)
    assert list(found) == [
        "submit-by-2026-06-26.ics",
        "submit-by-2026-06-29.ics",
        "cancelled-submit-by-2026-06-19.ics",
    ]
    assert found["cancelled-submit-by-2026-06-19.ics"]["UID"] == whole["UID"]


def test_a_lot_that_joins_another_s_date_leaves_no_entry_of_its_own_behind():
    lots = (Lot("1", "North"), Lot("2", "South"))
    first, joined = story(
        said(1, "2026-05-12", deadline(lot="1"), deadline(lot="2", when="2026-06-29T11:00"),
             lots=lots),
        said(2, "2026-05-14", deadline(lot="1"), deadline(lot="2"), lots=lots),
    )  # fmt: skip
    before, after = files(first), files(joined)
    south = before["submit-by-2026-06-29.ics"]["UID"]
    assert after["cancelled-submit-by-2026-06-29.ics"]["UID"] == south
    assert summaries([after["submit-by-2026-06-19.ics"]])[0].startswith("Submit by (lot 1, 2)")


def test_a_tender_that_is_launched_again_puts_its_entry_back():
    events = story(
        said(1, "2026-05-12", SUBMISSION),
        said(2, "2026-05-14", cancels="tender", restates=False, kind="UK12"),
        said(3, "2026-05-20", deadline(when="2026-06-26T11:00")),
    )
    first, gone, again = [entry for what in events for entry in files(what).values()]
    assert first["UID"] == gone["UID"] == again["UID"] and again["STATUS"] == "CONFIRMED"
    assert first["SEQUENCE"] < gone["SEQUENCE"] < again["SEQUENCE"]


def test_the_sequence_survives_a_database_that_is_made_anew():
    moved = record(revision=9, published=at("2026-05-12T09:00"))
    anew = record(revision=1, published=at("2026-05-14T09:00"))
    assert sequence(anew) > sequence(moved)
    late = record(revision=10, published=at("2026-05-12T09:00"))
    assert sequence(late) > sequence(moved)
    assert sequence(record(revision=1, published=at("1900-01-01T00:00"))) == 1
    assert sequence(record(revision=1, published=at("2999-12-31T00:00"))) < 2**31


def test_entries_of_two_records_kinds_and_lots_have_names_of_their_own():
    ends = (SUBMISSION, ENQUIRY, deadline(when="2026-06-20T11:00", lot="1"))
    held = [record(id=id, deadlines=ends) for id in ("a", "b")]
    names = {entry["UID"] for one in held for entry in files(event(record=one)).values()}
    assert len(names) == 6


# ---------------------------------------------------------------- the feed


def shown(*records: Record, name: str = "Care", now: datetime = NOW) -> Component:
    return parsed(feed(name, records, now, LONDON))


def test_a_feed_holds_what_is_ahead_the_soonest_first():
    other = record(id="b", deadlines=(deadline(when="2026-06-10T11:00"),), title="Day centres")
    off = record(id="c", status="cancelled", deadlines=(deadline(when="2026-06-11T11:00"),))
    over = record(id="d", deadlines=(deadline(when="2026-05-01T11:00"),))
    won = record(id="e", status="awarded", stage="award")
    calendar = shown(won, over, off, other, record())
    title = "Supported living services, Northwick"
    assert summaries(calendar.walk("VEVENT")) == [
        f"Ask questions by: {title}",
        "Submit by: Day centres",
        f"Cancelled: Submit by: {title}",
        f"Submit by: {title}",
    ]
    assert [entry["STATUS"] == "CANCELLED" for entry in calendar.walk("VEVENT")].index(True) == 2
    assert not calendar.walk("VALARM") and "METHOD" not in calendar
    assert calendar["X-WR-CALNAME"] == "Care" and calendar["X-PUBLISHED-TTL"] == "PT1H"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in calendar.to_ical()


def test_the_same_records_give_the_same_bytes_whenever_they_are_asked_for():
    first = feed("Care", [record(id="a"), record(id="b")], NOW, LONDON)
    later = feed("Care", [record(id="b"), record(id="a")], NOW + timedelta(days=3), LONDON)
    assert first == later


def test_a_feed_and_a_mail_name_an_entry_alike():
    names = {entry["UID"] for entry in files(event()).values()}
    assert {entry["UID"] for entry in shown(record()).walk("VEVENT")} == names


def test_an_empty_feed_is_a_calendar_all_the_same():
    assert shown().walk("VEVENT") == []


# ---------------------------------------------------------------- hostile text


ANY = st.text(st.characters(exclude_categories=()), max_size=300)
TRICKS = st.text(st.sampled_from('\r\n\x00\x0b\x85\u2028;:,\\"=BEGINDVT é👩\ud800'), max_size=300)
HARMFUL = "x\r\nATTENDEE:mailto:v@example.org\r\nEND:VEVENT\r\nBEGIN:VEVENT"


@settings(max_examples=150, deadline=None)
@given(title=ANY | TRICKS | st.just(HARMFUL), more=ANY | TRICKS | st.just(HARMFUL))
def test_no_text_breaks_out_of_its_property(title: str, more: str):
    held = record(
        title=title,
        notice=more,
        url=f"https://example.org/{more}",
        deadlines=(deadline(lot=title, origin="words", words=more),),
    )
    (entry,) = files(event(record=held)).values()
    (line,) = shown(held, name=title).walk("VEVENT")
    wanted = {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP"),
        "ORGANIZER",
    }
    for one in (entry, line):
        assert set(one) - {"URL"} == wanted
        assert "\n" not in one["SUMMARY"] and len(one["SUMMARY"]) < 400
