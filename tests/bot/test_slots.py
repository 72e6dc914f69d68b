"""Slots of digests: each day's or week's one, over both clock changes, and windows without gaps."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quiet import Quiet, around
from bot.slots import LONGEST, Slots, rhythm, rhythm_of
from bot.wants import Rhythm

ZONES = {
    name: ZoneInfo(name)
    for name in (
        "Europe/London",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
        "Pacific/Apia",
        "Africa/Casablanca",
    )
}
LONDON = ZONES["Europe/London"]
MINUTE = timedelta(minutes=1)


def slots(text: str, zone: str = "Europe/London", quiet: Quiet | None = None) -> Slots:
    held = rhythm(text)
    assert held
    return Slots(held, ZONES[zone], quiet)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("now", None),
        ("hourly", Rhythm()),
        ("daily 07:30", Rhythm(time(7, 30))),
        ("daily 7:30", Rhythm(time(7, 30))),
        ("Weekly  Mon 08:00", Rhythm(time(8), 0)),
    ],
)
def test_a_rhythm_as_it_is_written(text: str, held: Rhythm | None) -> None:
    assert rhythm(text) == held
    if held:
        assert rhythm(held.text) == held


# the rhythm, its zone, an instant, and the next slot after it; UTC
NEXT = {
    "later today": ("daily 07:30", "Europe/London", "2026-11-25T06:00", "2026-11-25T07:30"),
    "just now is over": ("daily 07:30", "Europe/London", "2026-11-25T07:30", "2026-11-26T07:30"),
    "in summer": ("daily 07:30", "Europe/London", "2026-06-25T06:00", "2026-06-25T06:30"),
    "a week": ("weekly mon 08:00", "Europe/London", "2026-11-23T08:00", "2026-11-30T08:00"),
    "the hour": ("hourly", "Europe/London", "2026-11-25T07:59:59", "2026-11-25T08:00"),
    # London leaves out 01:00 to 02:00 on 29 March, and passes it twice on 25 October.
    "no such time": ("daily 01:30", "Europe/London", "2026-03-28T12:00", "2026-03-29T01:00"),
    "after no such time": ("daily 01:30", "Europe/London", "2026-03-29T01:00", "2026-03-30T00:30"),
    "the first of two": ("daily 01:30", "Europe/London", "2026-10-24T12:00", "2026-10-25T00:30"),
    "not the second": ("daily 01:30", "Europe/London", "2026-10-25T00:30", "2026-10-26T01:30"),
    "hours twice": ("hourly", "Europe/London", "2026-10-25T00:00", "2026-10-25T01:00"),
    # New York leaves out 02:00 to 03:00 on 8 March, Lord Howe 02:00 to 02:30 on 4 October.
    "New York": ("daily 02:30", "America/New_York", "2026-03-07T12:00", "2026-03-08T07:00"),
    "half an hour": ("daily 02:10", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-03T15:30"),
    # Morocco passes 02:00 to 03:00 twice as Ramadan begins.
    "Ramadan": ("daily 02:30", "Africa/Casablanca", "2026-02-14T12:00", "2026-02-15T01:30"),
    # Samoa had no 30 December 2011, a Friday.
    "no such day": ("daily 07:30", "Pacific/Apia", "2011-12-29T17:30", "2011-12-30T17:30"),
    "no such week": ("weekly fri 07:30", "Pacific/Apia", "2011-12-24T00:00", "2012-01-05T17:30"),
}


@pytest.mark.parametrize("case", NEXT)
def test_the_next_slot(case: str) -> None:
    text, zone, now, slot = NEXT[case]
    assert slots(text, zone).after(utc(now)) == utc(slot)


def test_the_autumn_hour_has_a_digest_for_each_pass_and_they_have_keys_of_their_own() -> None:
    held = slots("hourly")
    hours = [utc("2026-10-25T00:00"), utc("2026-10-25T01:00")]
    assert [held.key("c", "r", at) for at in hours] == [
        "digest/c/r/hourly/2026-10-25T00:00",
        "digest/c/r/hourly/2026-10-25T01:00",
    ]


def test_a_key_names_the_rhythm_and_the_local_slot() -> None:
    held = slots("weekly mon 08:00")
    slot = held.after(utc("2026-06-20T00:00"))
    key = held.key("mail", "bids/two@example.org", slot)
    assert key == "digest/mail/bids/two@example.org/weekly mon 08:00/2026-06-22T08:00"
    assert (rhythm_of(key), held.slot(key)) == (held.rhythm, slot)


# ---------------------------------------------------------------- laws

RHYTHMS = st.one_of(
    st.just(Rhythm()),
    st.builds(Rhythm, st.times().map(lambda t: t.replace(second=0, microsecond=0))),
    st.builds(
        Rhythm, st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.integers(0, 6)
    ),
)
INSTANTS = st.integers(0, 3 * 366 * 24 * 60).map(lambda n: utc("2025-06-01") + n * MINUTE)
# Bounds on the quarter of an hour, outside of the night hours in which clocks are changed.
BOUND = st.integers(16, 95).map(lambda n: time(n // 4, n % 4 * 15))
QUIETS = st.tuples(BOUND, BOUND, st.frozensets(st.integers(0, 6), max_size=3)).filter(
    lambda given: given[0] != given[1]
)


@given(RHYTHMS, st.sampled_from([*ZONES]), INSTANTS)
def test_slots_rise_and_each_day_or_week_has_one(held: Rhythm, zone: str, start: datetime) -> None:
    made = Slots(held, ZONES[zone])
    at, found = start, []
    for _ in range(8):
        later = made.after(at)
        assert at < later <= at + LONGEST
        found.append(later)
        at = later
    local = [slot.astimezone(ZONES[zone]) for slot in found]
    if held.at is None:
        assert all(b - a == timedelta(hours=1) for a, b in pairwise(found))
        return
    step = timedelta(days=7 if held.weekday is not None else 1)
    days = [slot.date() for slot in local]
    assert days == [days[0] + n * step for n in range(8)]
    for slot in local:
        assert held.weekday in (None, slot.weekday())
        # As the clock shows it, or the first moment after a gap that swallowed it.
        wall = slot.replace(tzinfo=None)
        wanted = datetime.combine(slot.date(), held.at)
        gone = wanted.replace(tzinfo=ZONES[zone]).astimezone(UTC).astimezone(ZONES[zone])
        assert wall == wanted or (wanted < wall and gone.replace(tzinfo=None) != wanted)
        assert slot.fold == 0 or held.at != slot.time()


@given(RHYTHMS, st.none() | QUIETS, st.sampled_from([*ZONES]), INSTANTS)
def test_windows_tile_the_time_line(
    held: Rhythm,
    hours: tuple[time, time, frozenset[int]] | None,
    zone: str,
    now: datetime,
) -> None:
    quiet = Quiet(ZONES[zone], hours[:2], hours[2]) if hours else None
    made = Slots(held, ZONES[zone], quiet)
    slot = made.after(now)
    start, end = made.window(slot)
    assert start <= now < end == slot
    assert made.until(now) == start
    assert made.until(slot) == slot
    assert made.after(start) == slot
    assert made.window(made.after(slot))[0] == slot
    assert quiet is None or around(quiet, slot) is None
    key = made.key("c", "r", slot)
    assert made.slot(key) == slot
    assert key != made.key("c", "r", made.after(slot))


# ---------------------------------------------------------------- around quiet time

NIGHT = Quiet(LONDON, (time(20), time(7)), frozenset({5, 6}))


def test_the_slots_of_a_night_are_one_in_the_morning_and_cover_what_came_until_then() -> None:
    hourly = slots("hourly", quiet=NIGHT)
    evening, morning = utc("2026-11-24T19:30"), utc("2026-11-25T07:00")
    assert hourly.after(evening) == morning
    assert hourly.after(utc("2026-11-25T06:59")) == morning
    assert hourly.window(morning) == (utc("2026-11-24T19:00"), morning)
    assert hourly.after(morning) == utc("2026-11-25T08:00")


def test_a_daily_slot_in_the_night_comes_in_the_morning() -> None:
    early = slots("daily 06:00", quiet=NIGHT)
    assert early.after(utc("2026-11-25T06:30")) == utc("2026-11-25T07:00")
    assert early.after(utc("2026-11-25T07:00")) == utc("2026-11-26T07:00")
    friday = utc("2026-11-27T12:00")
    assert early.after(friday) == utc("2026-11-30T07:00")
    assert early.window(early.after(friday)) == (utc("2026-11-27T07:00"), utc("2026-11-30T07:00"))
