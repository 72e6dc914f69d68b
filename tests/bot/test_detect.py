"""What is worth saying: events by transition, reminders by the clock, and what no longer holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import when
from bot.detect import (
    AGAIN,
    ALREADY_AMENDED,
    PARTLY,
    PASSED,
    REUSED,
    false_now,
    reminders,
    told,
    wake,
)
from bot.fold import fold, refold
from bot.model import Award, Buyer, Change, Edit, Event, Facts, Lot, Notice, Record
from bot.quiet import Quiet
from bot.wants import Lead
from tests.make import NOW, at, deadline, facts, lead, notice, record

LONDON = ZoneInfo("Europe/London")
LEADS = {"submission": (lead("7d"), lead("1d")), "enquiry": (lead("2d"),)}


def after(*notices: Notice) -> tuple[Record | None, Record, Event | None]:
    """The record before and after the last of these notices, and its event."""
    before: Record | None = None
    *earlier, last = notices
    for one in earlier:
        before = fold(before, one, source="fts", learned=one.published)
    now = fold(before, last, source="fts", learned=last.published)
    return before, now, told(before, now, last)


def numbered(number: int, **more: object) -> Notice:
    given = {"published": NOW + timedelta(days=number), "id": f"00010{number}-2026"}
    return notice(**(given | more))


def award(number: int, kind: str, *awards: Award, **more: object) -> Notice:
    stage = "contract" if kind in ("UK7", "UK9", "UK10", "UK11") else "award"
    given = {"kind": kind, "stage": stage, "restates": False, "status": "awarded"}
    return numbered(number, facts=Facts(awards=awards), **(given | more))


PLAN = notice(id="000001-2026", published=NOW - timedelta(days=90), kind="UK2", stage="planning")
PIPELINE = replace(PLAN, id="000000-2026", kind="UK1", published=NOW - timedelta(days=120))
TENDER = numbered(0)
SIGNED = at("2026-09-01")
CANCEL = numbered(1, kind="UK12", restates=False, cancels="tender", facts=Facts())
MOVED = (deadline("enquiry", "2026-06-05T11:00"), deadline("submission", "2026-07-03T11:00"))

# situation: the notices in order, the event of the last, its notes
SITUATIONS = {
    "a tender notice": ([TENDER], "new", ()),
    "a tender after its planning notice is a new stage": ([PLAN, TENDER], "new", ()),
    "engagement after a pipeline entry is a new stage": ([PIPELINE, PLAN], "new", ()),
    "a pipeline entry after the engagement is a new stage too": (
        [replace(PLAN, published=PIPELINE.published), replace(PIPELINE, published=NOW)],
        "new",
        (),
    ),
    "an update of a tender never seen": ([numbered(1, update=True)], "new", (ALREADY_AMENDED,)),
    "a corrigendum of a tender never seen": (
        [numbered(1, update=True, restates=False, edits=(Edit("title", "A", "B"),))],
        "amended",
        (),
    ),
    "a tender after its corrigendum": (
        [numbered(1, update=True, restates=False, facts=Facts()), numbered(2)],
        "new",
        (),
    ),
    "a moved deadline": ([TENDER, numbered(1, update=True, deadlines=MOVED)], "amended", ()),
    "an edit without the update tag": ([TENDER, numbered(1, title="Homes")], "amended", ()),
    "words alone": ([TENDER, numbered(1, update=True, words="Typo mended")], "amended", ()),
    "an update that changes nothing and says nothing": (
        [TENDER, numbered(1, update=True)],
        None,
        (),
    ),
    "a termination": ([TENDER, CANCEL], "cancelled", ()),
    "a termination that comes first": ([CANCEL], "cancelled", ()),
    "a relaunch": ([TENDER, CANCEL, numbered(2)], "new", (AGAIN,)),
    "a terminated contract": (
        [TENDER, award(1, "UK7", Award("1")), numbered(2, cancels="contract", restates=False)],
        "cancelled",
        (PARTLY,),
    ),
    "a cancelled lot": (
        [TENDER, numbered(1, cancels="lot", restates=False, words="Lot 2 withdrawn")],
        "amended",
        (),
    ),
    "an award": ([TENDER, award(1, "UK6", Award("1", ("Acme",)))], "awarded", ()),
    "a direct award": ([award(1, "UK7", Award("1", ("Acme",)))], "awarded", ()),
    "an intention becomes an award": (
        [award(1, "UK5", Award("1", ("Acme",))), award(2, "UK6", Award("1", ("Acme",)))],
        "awarded",
        (),
    ),
    "the contract of an award is signed": (
        [award(1, "UK6", Award("1", ("Acme",))), award(2, "UK7", Award("1", signed=SIGNED))],
        "amended",
        (),
    ),
    "another award of the framework": (
        [award(1, "UK7", Award("1", ("Acme",))), award(2, "UK7", Award("2", ("Bell",)))],
        "awarded",
        (),
    ),
    "a completed contract is no cancellation": (
        [award(1, "UK7", Award("1")), award(2, "UK11", status="ended")],
        "amended",
        (),
    ),
    "a tender published after its deadline": (
        [numbered(60)],
        "new",
        (PASSED,),
    ),
    "an identifier used for another procurement": (
        [TENDER, numbered(1, title="Road salt", buyers=(Buyer("Eastmoor Council", "X"),))],
        "new",
        (REUSED,),
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_event_of(situation: str) -> None:
    notices, name, notes = SITUATIONS[situation]
    _, _, event = after(*notices)
    assert (event.name if event else None, event.notes if event else ()) == (name, notes)


def test_an_event_is_keyed_by_what_it_says_and_not_by_when_it_was_read() -> None:
    _, _, event = after(TENDER, numbered(1, update=True, deadlines=MOVED))
    assert event is not None
    assert event.key == "fts:ocds-h6vhtk-0a0001/000101-2026/amended"
    assert event.changes == (Change("submission", "2026-06-19T11:00:00Z", "2026-07-03T11:00:00Z"),)


def test_a_stub_that_comes_first_says_what_its_corrigendum_says() -> None:
    edit = Edit("submission", "2026-06-19", "2026-07-03", deadline("submission", "2026-07-03"))
    _, record, event = after(numbered(1, update=True, restates=False, edits=(edit,), facts=Facts()))
    assert event is not None
    assert event.changes == (Change("submission", "2026-06-19", "2026-07-03"),)
    assert record.facts.deadlines[0].kind == "submission"


def test_the_signature_of_a_known_award_is_told_as_a_change() -> None:
    _, _, event = after(
        award(1, "UK6", Award("1", ("Acme",))), award(2, "UK7", Award("1", signed=SIGNED))
    )
    assert event is not None
    assert Change("signed", None, "2026-09-01") in event.changes


# ---------------------------------------------------------------- reminders


def held(*deadlines, **more) -> Record:
    known = tuple(replace(d, learned=d.learned or NOW) for d in deadlines)
    return record(deadlines=known, **more)


def keys(record: Record, now: str) -> list[str]:
    return [e.key.split("/", 1)[1] for e in reminders(record, at(now), LEADS)]


def test_a_reminder_is_due_from_its_lead_until_the_deadline() -> None:
    tender = held(deadline())
    assert keys(tender, "2026-06-12T10:59") == []
    assert keys(tender, "2026-06-12T11:00") == ["submission@2026-06-19T11:00Z/7d"]
    assert "submission@2026-06-19T11:00Z/1d" in keys(tender, "2026-06-18T11:00")
    assert keys(tender, "2026-06-19T11:00") == []


def test_enquiry_and_submission_have_ladders_of_their_own() -> None:
    tender = held(deadline("enquiry", "2026-06-05T11:00"), deadline())
    assert keys(tender, "2026-06-03T11:00") == ["enquiry@2026-06-05T11:00Z/2d"]


def test_a_lead_that_had_passed_when_we_learned_of_it_is_not_made_up() -> None:
    late = held(deadline(learned=at("2026-06-15T09:00")))
    assert keys(late, "2026-06-15T09:00") == []
    assert keys(late, "2026-06-18T12:00") == ["submission@2026-06-19T11:00Z/1d"]


@pytest.mark.parametrize("status", ["cancelled", "awarded", "ended"])
def test_nothing_is_counted_down_for_what_is(status: str) -> None:
    assert keys(held(deadline(), status=status), "2026-06-12T11:00") == []


def test_a_forecast_is_not_counted_down() -> None:
    assert keys(held(deadline(firm=False)), "2026-06-12T11:00") == []


def test_a_lot_has_its_own_ladder() -> None:
    tender = held(deadline(lot="LOT-0002"))
    assert keys(tender, "2026-06-12T11:00") == ["LOT-0002/submission@2026-06-19T11:00Z/7d"]


@pytest.mark.parametrize("status", ["cancelled", "withdrawn", "unsuccessful", "complete"])
def test_a_lot_that_is_closed_stops_its_own_reminders_alone(status: str) -> None:
    dates = deadline(lot="LOT-0001"), deadline(lot="LOT-0002")
    open_now = held(*dates, lots=(Lot("LOT-0001"), Lot("LOT-0002", status="active")))
    closed = held(*dates, lots=(Lot("LOT-0001"), Lot("LOT-0002", status=status)))
    assert len(keys(open_now, "2026-06-12T11:00")) == 2
    assert keys(closed, "2026-06-12T11:00") == ["LOT-0001/submission@2026-06-19T11:00Z/7d"]
    _, second = reminders(open_now, at("2026-06-12T11:00"), LEADS)
    assert false_now(second, closed, at("2026-06-12T11:05")) == f"the lot is {status}"


def test_a_date_of_the_whole_falls_with_the_last_of_the_lots() -> None:
    one, both = (
        held(deadline(), lots=(Lot("1", status="cancelled"), Lot("2", status=second)))
        for second in ("active", "withdrawn")
    )
    (event,) = reminders(one, at("2026-06-12T11:00"), LEADS)
    assert keys(both, "2026-06-12T11:00") == []
    assert false_now(event, one, at("2026-06-12T11:05")) is None
    assert false_now(event, both, at("2026-06-12T11:05")) == "all lots are closed"


def test_wake_is_the_next_crossing() -> None:
    tender = held(deadline("enquiry", "2026-06-05T11:00"), deadline())
    assert wake(tender, NOW, LEADS) == at("2026-06-03T11:00")
    assert wake(tender, at("2026-06-03T11:01"), LEADS) == at("2026-06-12T11:00")
    assert wake(tender, at("2026-06-18T11:01"), LEADS) is None


ZONED = {
    # lead, deadline, when it is due: local times in London, over both changes of the clocks
    "a day has 24 hours, forward": ("1d", "2026-03-29 12:00", "2026-03-28 11:00"),
    "a day has 24 hours, back": ("1d", "2026-10-25 12:00", "2026-10-24 13:00"),
    "a week has 168, forward": ("7d", "2026-03-31 12:00", "2026-03-24 11:00"),
    "hours over the change, forward": ("4h", "2026-03-29 03:00", "2026-03-28 22:00"),
    "hours over the change, back": ("4h", "2026-10-25 03:00", "2026-10-25 00:00"),
    "of a date alone, forward": ("4h", "2026-03-29", "2026-03-29 19:59:59"),
    "of a date alone, back": ("1d", "2026-10-25", "2026-10-25 00:59:59"),
    "working days keep the hour, forward": (
        "1 working day",
        "2026-03-30 12:00",
        "2026-03-27 12:00",
    ),
    "working days keep the hour, back": ("1 working day", "2026-10-26 12:00", "2026-10-23 12:00"),
    "working days of a date alone": ("2 working days", "2026-03-30", "2026-03-26 23:59:59"),
    "working days over Easter": ("5 working days", "2026-04-09 12:00", "2026-03-31 12:00"),
}


@pytest.mark.parametrize("case", ZONED)
def test_a_lead_over_a_change_of_the_clocks_is_due(case: str) -> None:
    written, ends, comes = ZONED[case]
    one = Lead(written, workdays=int(written[0])) if "working" in written else lead(written)
    end, dated = when.instant(ends, LONDON)
    tender = held(deadline(when=end.isoformat(), dated=dated, learned=at("2026-01-01")))
    assert (
        wake(tender, NOW - timedelta(days=365), {"submission": (one,)})
        == (when.instant(comes, LONDON)[0])
    )
    (event,) = reminders(tender, end - timedelta(seconds=1), {"submission": (one,)})
    assert event.key.endswith(f"/{written}")


def test_working_days_are_those_of_the_buyers_nation() -> None:
    leads = {"submission": (Lead("1 working day", workdays=1),)}
    monday = deadline("submission", "2026-04-07T11:00", learned=at("2026-03-01"))
    north = held(monday, buyers=(Buyer("Northwick", place="UKM50"),))
    south = held(monday, buyers=(Buyer("Northwick", place="UKD73"),))
    assert wake(north, at("2026-03-02"), leads) == at("2026-04-06T11:00")
    assert wake(south, at("2026-03-02"), leads) == at("2026-04-02T11:00")


def test_a_missed_reminder_of_a_deadline_behind_us_is_an_event_once() -> None:
    tender = held(deadline())
    now = at("2026-06-20")
    assert reminders(tender, now, LEADS) == []
    missed = reminders(tender, now, LEADS, since=at("2026-06-15"))
    assert [event.lead for event in missed] == ["1d"]
    assert false_now(missed[0], tender, now) == "the deadline has passed"
    assert reminders(tender, now, LEADS, since=at("2026-06-18T11:00:01")) == []


def test_a_quiet_time_wakes_a_record_earlier_and_once_more_when_it_ends() -> None:
    night = Quiet(LONDON, (time(11), time(14)))
    tender = held(deadline())  # due at noon in London
    woken = [wake(tender, at("2026-06-12"), LEADS, [night])]
    while woken[-1]:
        woken.append(wake(tender, woken[-1] + timedelta(seconds=1), LEADS, [night]))
    assert woken[:3] == [at(f"2026-06-12T{hour}") for hour in ("09:45", "11:00", "13:00")]
    # At two of the last day the deadline has passed.
    assert woken[3:] == [
        at("2026-06-18T09:45"),
        at("2026-06-18T11:00"),
        at("2026-06-18T13:00"),
        None,
    ]
    early = reminders(tender, at("2026-06-12T09:45"), LEADS, [night])
    assert [(event.lead, event.at) for event in early] == [("7d", at("2026-06-12T11:00"))]


INSTANTS = st.integers(0, 90 * 24 * 60).map(lambda n: at("2026-05-01") + timedelta(minutes=n))


@given(INSTANTS, INSTANTS, INSTANTS)
def test_what_wakes_is_due_and_what_is_due_was_woken(
    end: datetime, learned: datetime, now: datetime
) -> None:
    tender = held(deadline("submission", end.isoformat(), learned=learned))
    due = {e.at for e in reminders(tender, now, LEADS)}
    woken = set()
    since = learned
    while (next_one := wake(tender, since, LEADS)) is not None:
        woken.add(next_one)
        since = next_one + timedelta(seconds=1)
    assert due == {w for w in woken if w <= now < end}


# ---------------------------------------------------------------- still true


def test_a_reminder_holds_until_its_deadline_moves_passes_or_falls() -> None:
    tender = held(deadline())
    (event,) = reminders(tender, at("2026-06-12T11:00"), LEADS)
    now = at("2026-06-12T11:05")
    assert false_now(event, tender, now) is None
    moved = held(deadline("submission", "2026-06-26T11:00"))
    assert "superseded" in (false_now(event, moved, now) or "")
    assert "cancelled" in (false_now(event, held(deadline(), status="cancelled"), now) or "")
    assert "passed" in (false_now(event, tender, at("2026-06-19T11:00")) or "")
    assert false_now(event, None, now)


def test_what_a_notice_said_stays_said() -> None:
    _, cancelled, _ = after(TENDER, CANCEL)
    _, _, event = after(TENDER)
    assert event is not None
    assert false_now(event, cancelled, NOW) is None


def test_facts_that_are_not_deadlines_do_not_make_a_reminder() -> None:
    assert reminders(record(facts=facts(deadlines=())), NOW, LEADS) == []


# ---------------------------------------------------------------- laws

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["moved", "moved", "moved", "left out", "corrected", "read", "stopped"]),
        st.sampled_from(["submission", "enquiry"]),
        st.integers(1, 40),  # days from its publication to the date
        st.integers(1, 12),  # days since the notice before it
    ),
    min_size=1,
    max_size=8,
)


def moves(steps: list[tuple[str, str, int, int]]) -> list[Notice]:
    """A tender, and the notices that move its dates there and back, leave them out, call it off."""
    dates = {"submission": at("2026-06-19T11:00"), "enquiry": at("2026-06-05T11:00")}
    told, now = [TENDER], NOW
    for number, (how, kind, ahead, gap) in enumerate(steps, 2):
        now += timedelta(days=gap)
        more: dict[str, object] = {"id": f"{number:06}-2026", "published": now, "update": True}
        moved = now.replace(minute=0) + timedelta(days=ahead)
        if how == "stopped":
            told.append(notice(**more, kind="UK12", restates=False, cancels="tender",
                               facts=Facts()))  # fmt: skip
            continue
        if how == "corrected":
            end = deadline(kind, moved.isoformat())
            edit = Edit(kind, None, f"{moved:%Y-%m-%dT%H:%M:%SZ}", end)
            told.append(notice(**more, restates=False, facts=Facts(), edits=(edit,)))
            continue
        dates = {k: v for k, v in dates.items() if k != kind}
        if how != "left out":
            dates[kind] = moved
        origin = {kind: "words"} if how == "read" else {}
        given = tuple(
            deadline(k, v.isoformat(), origin=origin.get(k, "field")) for k, v in dates.items()
        )
        told.append(notice(**more, deadlines=given))
    return told


@given(STEPS, st.integers(0, 60), st.randoms())
def test_no_move_of_a_date_leaves_a_reminder_of_it_behind(
    steps: list[tuple[str, str, int, int]], days: int, random: Random
) -> None:
    """Whatever was queued after any of the notices: what may be sent is of a date in force."""
    notices = moves(steps)
    queued: dict[str, Event] = {}
    held: Record | None = None
    for one in notices:
        held = fold(held, one, source="fts", learned=one.published)
        for later in range(0, 60, 3):
            for event in reminders(held, one.published + timedelta(days=later), LEADS):
                queued[event.key] = event
    assert held is not None
    now = notices[-1].published + timedelta(days=days)
    shuffled = list(notices)
    random.shuffle(shuffled)
    again = refold([(n, n.published) for n in shuffled], source="fts")
    assert again == held
    in_force = {d.key for d in held.facts.deadlines} if held.status == "open" else set()
    for event in queued.values():
        assert event.deadline is not None
        stands = event.deadline.key in in_force and event.deadline.at > now
        assert (false_now(event, held, now) is None) == stands, event.key
    # And nothing is due that is not of a date in force, nor missed that is.
    due = reminders(held, now, LEADS)
    assert {e.deadline.key for e in due if e.deadline} <= in_force
    assert {e.key for e in due} == {
        f"{held.key}/{d.key}/{one.text}"
        for d in held.facts.deadlines
        for one in LEADS.get(d.kind, ())
        if held.status == "open" and d.learned and d.learned <= d.at - one.span <= now < d.at
    }


@given(STEPS)
def test_a_move_there_and_back_is_two_changes_that_mirror_each_other(
    steps: list[tuple[str, str, int, int]],
) -> None:
    """What a whole notice changes, the same notice as it was before it changes back."""
    *_, last = [n for n in moves(steps) if n.restates]
    day = timedelta(days=1)
    there = replace(last, id="000900-2026", published=last.published + day)
    back = replace(TENDER, id="000901-2026", published=there.published + day, update=True)
    _, _, one = after(TENDER, there)
    _, _, other = after(TENDER, there, back)
    first, second = ({(c.field, c.was, c.now, c.origin) for c in e.changes} if e else set()
                     for e in (one, other))  # fmt: skip
    stated = {d.kind: d for d in last.facts.deadlines if d.origin == "field"}
    mirrored = {(f, now, was, "field") for f, was, now, origin in first
                if now and f in stated}  # fmt: skip
    assert mirrored <= second
    assert {f for f, was, now, _ in second if was and now} <= {f for f, *_ in first}
