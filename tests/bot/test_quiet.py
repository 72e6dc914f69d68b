"""Quiet times: when they are, over nights, week-ends and both clock changes, and what may wait."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quiet import Quiet, around, instants, released, reminded

LONDON = ZoneInfo("Europe/London")
NIGHT = (time(20), time(7))
NIGHTS = Quiet(LONDON, NIGHT)
WORK = Quiet(LONDON, NIGHT, frozenset({5, 6}))
WEEKENDS = Quiet(LONDON, None, frozenset({5, 6}))
LUNCH = Quiet(LONDON, (time(12), time(13)))
# Sunday's first hours until 07:00 are Saturday's night; the clocks change at 01:00 GMT.
EARLY = Quiet(LONDON, (time(0), time(1, 30)))


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


# the quiet time, an instant, and the whole of the quiet time around it; local times
PERIODS = {
    "an evening": (NIGHTS, "2026-06-17 22:00", "2026-06-17 20:00", "2026-06-18 07:00"),
    "a morning": (NIGHTS, "2026-06-18 06:59:59", "2026-06-17 20:00", "2026-06-18 07:00"),
    "its first instant": (NIGHTS, "2026-06-17 20:00", "2026-06-17 20:00", "2026-06-18 07:00"),
    "the instant of its end": (NIGHTS, "2026-06-18 07:00", "", ""),
    "the day": (NIGHTS, "2026-06-17 19:59:59", "", ""),
    "hours within a day": (LUNCH, "2026-06-17 12:30", "2026-06-17 12:00", "2026-06-17 13:00"),
    "Friday's evening": (WORK, "2026-06-19 21:00", "2026-06-19 20:00", "2026-06-22 07:00"),
    "Saturday": (WORK, "2026-06-20 12:00", "2026-06-19 20:00", "2026-06-22 07:00"),
    "Monday's morning": (WORK, "2026-06-22 05:00", "2026-06-19 20:00", "2026-06-22 07:00"),
    "a night between two days": (WORK, "2026-06-23 23:00", "2026-06-23 20:00", "2026-06-24 07:00"),
    "days without hours": (WEEKENDS, "2026-06-21 12:00", "2026-06-20 00:00", "2026-06-22 00:00"),
    "Friday's evening, without hours": (WEEKENDS, "2026-06-19 23:59:59", "", ""),
    "the shortest night": (NIGHTS, "2026-03-29 03:00", "2026-03-28 20:00", "2026-03-29 07:00"),
    "the longest night": (NIGHTS, "2026-10-25 01:30", "2026-10-24 20:00", "2026-10-25 07:00"),
    "the short week-end": (WORK, "2026-03-29 12:00", "2026-03-27 20:00", "2026-03-30 07:00"),
    "the long week-end": (WORK, "2026-10-25 12:00", "2026-10-23 20:00", "2026-10-26 07:00"),
    "an end that the clocks leave out": (
        EARLY, "2026-03-29 00:30", "2026-03-29 00:00", "2026-03-29 02:30",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PERIODS)
def test_the_quiet_time_around(case: str) -> None:
    quiet, at, start, end = PERIODS[case]
    assert around(quiet, london(at)) == ((london(start), london(end)) if start else None)


def test_a_night_lasts_an_hour_less_or_more_where_the_clocks_change() -> None:
    lengths = []
    for evening in ("2026-03-28 22:00", "2026-06-17 22:00", "2026-10-24 22:00"):
        period = around(NIGHTS, london(evening))
        assert period
        lengths.append((period[1] - period[0]) / timedelta(hours=1))
    assert lengths == [10, 11, 12]


# Bounds outside of the hour that the clocks leave out or pass twice.
HOURS = st.sampled_from([time(n // 2, n % 2 * 30) for n in range(6, 48)])
QUIETS = st.builds(
    Quiet,
    st.sampled_from([LONDON, ZoneInfo("America/Lima"), ZoneInfo("Pacific/Auckland")]),
    st.tuples(HOURS, HOURS).filter(lambda pair: pair[0] != pair[1]),
    st.frozensets(st.integers(0, 6), max_size=5),
)
INSTANTS = st.integers(0, 500 * 24 * 60).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
)


def by_the_clock(quiet: Quiet, at: datetime) -> bool:
    there = at.astimezone(quiet.zone)
    if there.weekday() in quiet.days:
        return True
    start, end = quiet.hours or (time(), time())
    now = there.time()
    return start <= now < end if start < end else not (end <= now < start)


@given(QUIETS, INSTANTS)
def test_it_is_quiet_when_a_look_at_the_clock_says_so(quiet: Quiet, at: datetime) -> None:
    period = around(quiet, at)
    assert (period is not None) == by_the_clock(quiet, at)
    if period and quiet.shortest_opening >= timedelta(hours=2):
        start, end = period
        second = timedelta(seconds=1)
        assert start <= at < end
        assert not by_the_clock(quiet, start - second) and not by_the_clock(quiet, end)
        assert by_the_clock(quiet, start) and by_the_clock(quiet, end - second)
        assert around(quiet, start) == around(quiet, end - second) == period


def test_the_shortest_opening_of_a_week() -> None:
    def hours(quiet: Quiet) -> float:
        return quiet.shortest_opening / timedelta(hours=1)

    assert hours(NIGHTS) == hours(WORK) == 13
    assert hours(WEEKENDS) == 5 * 24
    assert hours(Quiet(LONDON, (time(6), time(5)), frozenset({0}))) == 1
    assert hours(Quiet(LONDON, None, frozenset(range(7)))) == 0


# ---------------------------------------------------------------- what may wait

# when it happens, the date it is about, when it is to be sent; local times, quiet WORK
RELEASED = {
    "by day": ("2026-06-17 12:00", "2026-06-17 14:00", "2026-06-17 12:00"),
    "at night, a date far off": ("2026-06-17 22:00", "2026-07-10 12:00", "2026-06-18 07:00"),
    "at night, a date at night": ("2026-06-17 22:00", "2026-06-18 06:00", "2026-06-17 22:00"),
    "at night, a date in the morning": ("2026-06-17 22:00", "2026-06-18 12:00", "2026-06-17 22:00"),
    "at night, half of the time is left": (
        "2026-06-17 22:00", "2026-06-18 16:00", "2026-06-18 07:00",
    ),
    "on Friday, a date on Monday": ("2026-06-19 21:00", "2026-06-22 12:00", "2026-06-19 21:00"),
    "on Friday, a date in two weeks": ("2026-06-19 21:00", "2026-07-03 12:00", "2026-06-22 07:00"),
    "at night, a date that has passed": (
        "2026-06-17 22:00", "2026-06-17 12:00", "2026-06-18 07:00",
    ),
    "at night, no date": ("2026-06-17 22:00", "", "2026-06-18 07:00"),
}  # fmt: skip


@pytest.mark.parametrize("case", RELEASED)
def test_a_message_waits_unless_half_of_its_time_would_pass(case: str) -> None:
    at, date, sent = RELEASED[case]
    assert released(WORK, london(at), [london(date)] if date else []) == london(sent)


# how long before, the deadline, whether it is the last of its ladder, when it comes; quiet WORK
H, D = timedelta(hours=1), timedelta(days=1)
REMINDED = {
    "by day": (D, "2026-06-18 12:00", True, "2026-06-17 12:00"),
    "the last, at night": (D, "2026-06-18 22:00", True, "2026-06-17 19:45"),
    "at night, another follows": (D, "2026-06-18 22:00", False, "2026-06-18 07:00"),
    "at night, of a few hours, another follows": (
        4 * H, "2026-06-18 08:00", False, "2026-06-17 19:45",
    ),
    "the last, for a date alone": (D, "2026-06-18 23:59:59", True, "2026-06-17 19:45"),
    "the last, for Monday noon": (D, "2026-06-22 12:00", True, "2026-06-19 19:45"),
    "for Monday noon, though another follows": (D, "2026-06-22 12:00", False, "2026-06-19 19:45"),
    "a week before a Sunday": (7 * D, "2026-06-28 12:00", False, "2026-06-22 07:00"),
    "the last, a week before a Sunday": (7 * D, "2026-06-28 12:00", True, "2026-06-19 19:45"),
    "before the clocks go forward": (D, "2026-03-30 12:00", True, "2026-03-27 19:45"),
    "before the clocks go back": (D, "2026-10-26 12:00", True, "2026-10-23 19:45"),
}  # fmt: skip


@pytest.mark.parametrize("case", REMINDED)
def test_a_reminder_is_brought_forward_rather_than_held_past_its_use(case: str) -> None:
    lead, date, last, comes = REMINDED[case]
    deadline = london(date)
    due = deadline - lead
    found = reminded(WORK, due, deadline, london("2026-01-01 12:00"), last=last)
    assert found == london(comes)


def test_what_was_learned_too_late_to_bring_it_forward_comes_when_it_is_due() -> None:
    due, deadline = london("2026-06-18 04:00"), london("2026-06-18 08:00")
    known = london("2026-06-17 21:00")
    assert reminded(WORK, due, deadline, known, last=True) == due
    assert reminded(WORK, due, london("2026-06-19 08:00"), known, last=True) == london(
        "2026-06-18 07:00"
    )


@given(QUIETS, INSTANTS, st.integers(1, 20 * 24), INSTANTS, st.booleans())
def test_no_reminder_comes_after_half_of_its_lead_or_before_it_was_known(
    quiet: Quiet, due: datetime, hours: int, known: datetime, last: bool
) -> None:
    deadline = due + timedelta(hours=hours)
    known = min(known, due)
    comes = reminded(quiet, due, deadline, known, last=last)
    assert comes in instants(quiet, due)
    assert known <= comes <= due + (deadline - due) / 2
    if quiet.shortest_opening >= timedelta(hours=2) and comes != due:
        assert around(quiet, comes) is None
