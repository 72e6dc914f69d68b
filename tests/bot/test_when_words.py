"""Time in words: how far away, on which day, by how much it moved, over the clocks' changes."""

from __future__ import annotations

import locale
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import when
from tests.make import at

LONDON = ZoneInfo("Europe/London")
BRUSSELS = ZoneInfo("Europe/Brussels")
SANTIAGO = ZoneInfo("America/Santiago")
ZONES = st.sampled_from([LONDON, BRUSSELS, SANTIAGO, ZoneInfo("Asia/Kolkata")])

instants = st.datetimes(
    min_value=datetime(1975, 1, 1),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("instant", "now", "told"),
    [
        ("2026-06-19T11:00", "2026-06-16T09:00", "in 3 days"),
        ("2026-06-19T00:30", "2026-06-16T22:00", "in 3 days"),
        ("2026-06-19T11:00", "2026-06-18T22:30", "tomorrow"),
        ("2026-06-19T11:00", "2026-06-18T23:30", "today, in 11 hours"),
        ("2026-06-19T11:00", "2026-06-19T05:20", "today, in 5 hours"),
        ("2026-06-19T11:00", "2026-06-19T07:00:20", "today, in 4 hours"),
        ("2026-06-19T11:00", "2026-06-19T10:00", "today, in 1 hour"),
        ("2026-06-19T11:00", "2026-06-19T10:00:01", "in 59 minutes"),
        ("2026-06-19T11:00", "2026-06-19T10:20", "in 40 minutes"),
        ("2026-06-18T23:10", "2026-06-18T22:50", "in 20 minutes"),
        ("2026-06-19T11:00", "2026-06-19T10:59", "in 1 minute"),
        ("2026-06-19T11:00", "2026-06-19T10:59:30", "in less than a minute"),
        ("2026-06-19T11:00", "2026-06-19T11:00", "just now"),
        ("2026-06-19T11:00", "2026-06-19T11:00:20", "just now"),
        ("2026-06-19T11:00", "2026-06-19T11:10", "10 minutes ago"),
        ("2026-06-19T11:00", "2026-06-19T16:30", "5 hours ago"),
        ("2026-06-19T11:00", "2026-06-20T11:00", "yesterday"),
        ("2026-06-19T11:00", "2026-06-21T08:00", "2 days ago"),
        # 26 October is two calendar days on, though 49 hours away.
        ("2026-10-26T09:00", "2026-10-24T08:00", "in 2 days"),
        ("2026-03-30T08:00", "2026-03-28T09:00", "in 2 days"),
    ],
)
def test_how_far_away(instant: str, now: str, told: str) -> None:
    assert when.until(at(instant), at(now), LONDON) == told


@given(instants, instants, ZONES)
def test_ahead_and_past_are_never_confused(one: datetime, other: datetime, zone: ZoneInfo) -> None:
    told = when.until(one, other, zone)
    assert told.endswith("ago") == (told not in ("yesterday", "just now") and one < other)
    assert ("in " in told or told == "tomorrow") == (one > other and told != "just now")


@pytest.mark.parametrize(
    ("instant", "zone", "told"),
    [
        ("2026-06-19T11:00", LONDON, "Fri 19 Jun 2026 12:00 BST"),
        ("2026-01-05T09:05", LONDON, "Mon 5 Jan 2026 09:05 GMT"),
        ("2026-10-25T00:30", LONDON, "Sun 25 Oct 2026 01:30 BST"),
        ("2026-10-25T01:30", LONDON, "Sun 25 Oct 2026 01:30 GMT"),
        ("2026-06-19T11:00", BRUSSELS, "Fri 19 Jun 2026 13:00 CEST"),
        ("2026-06-19T11:00", SANTIAGO, "Fri 19 Jun 2026 07:00 UTC-04"),
    ],
)
def test_a_local_time(instant: str, zone: ZoneInfo, told: str) -> None:
    assert when.local(at(instant), zone) == told
    assert told.startswith(when.local_date(at(instant), zone))


def test_the_end_of_a_day_is_told_as_such() -> None:
    end = "Fri 19 Jun 2026, end of day"
    assert when.local_end(at("2026-06-19T22:59"), LONDON) == end
    assert when.local_end(at("2026-06-19T22:59:59"), LONDON) == end
    assert when.local_end(at("2026-06-19T21:59:59"), LONDON, dated=True) == end
    assert when.local_end(at("2026-06-18T23:00"), LONDON, dated=True) == "Fri 19 Jun 2026"
    assert when.local_end(at("2026-06-19T11:00"), LONDON) == "Fri 19 Jun 2026 12:00 BST"


def test_days_and_months_are_english_whatever_the_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    others = [n for n in ("de_DE.UTF-8", "fr_FR.UTF-8", "cy_GB.UTF-8") if _has_locale(n)]
    try:
        for name in (before, *others):
            locale.setlocale(locale.LC_TIME, name)
            months = [when.local_date(at(f"2026-{n:02}-01"), LONDON)[6:9] for n in range(1, 13)]
            days = [when.local_date(at(f"2026-06-0{n}"), LONDON)[:3] for n in range(1, 8)]
            assert " ".join(months) == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
            assert " ".join(days) == "Mon Tue Wed Thu Fri Sat Sun"
    finally:
        locale.setlocale(locale.LC_TIME, before)


def _has_locale(name: str) -> bool:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_TIME, before)
    return True


def test_an_instant_is_written_in_utc() -> None:
    assert when.iso(at("2026-06-19T11:00")) == "2026-06-19T11:00:00Z"
    assert when.iso(at("2026-06-19T12:00:00.25+01:00")) == "2026-06-19T11:00:00.250000Z"
    with pytest.raises(ValueError, match="no time zone"):
        when.iso(datetime(2026, 6, 19))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("2026-06-19T11:00", "2026-07-03T11:00", "+14 days"),
        ("2026-06-19T11:00", "2026-06-20T11:00", "+1 day"),
        ("2026-06-19T11:00", "2026-06-16T11:00", "brought forward by 3 days"),
        ("2026-06-19T11:00", "2026-06-19T16:00", "+5 hours"),
        ("2026-06-19T11:00", "2026-06-19T10:20", "brought forward by 40 minutes"),
        ("2026-06-19T11:00", "2026-06-19T12:30", "+1 hour 30 minutes"),
        ("2026-06-19T11:00", "2026-06-26T16:00", "+7 days 5 hours"),
        ("2026-06-19T22:59:59", "2026-06-26T22:59:00", "+7 days"),
        ("2026-06-19T22:59:59", "2026-06-19T22:59:00", "brought forward by 59 seconds"),
        ("2026-06-19T11:00", "2026-06-19T11:00", ""),
        # Noon to noon over the change of the clocks, either way and in both directions.
        ("2026-10-19T11:00", "2026-11-02T12:00", "+14 days"),
        ("2026-03-23T12:00", "2026-04-06T11:00", "+14 days"),
        ("2026-11-02T12:00", "2026-10-19T11:00", "brought forward by 14 days"),
        ("2026-10-24T11:00", "2026-10-25T12:00", "+1 day"),
        ("2026-03-28T12:00", "2026-03-29T11:00", "+1 day"),
        # Within a day it is real time: half past one to half past one is an hour.
        ("2026-10-25T00:30", "2026-10-25T01:30", "+1 hour"),
        ("2026-03-29T00:30", "2026-03-29T02:30", "+2 hours"),
    ],
)
def test_how_a_deadline_was_moved(was: str, now: str, told: str) -> None:
    assert when.moved(at(was), at(now), LONDON) == told


@given(instants, st.integers(1, 400), ZONES)
def test_the_same_time_of_day_later_is_whole_days(was: datetime, days: int, zone: ZoneInfo) -> None:
    there = was.astimezone(zone)
    now = (there + timedelta(days=days)).astimezone(UTC)
    exists = now.astimezone(zone).time() == there.time()
    unit = "day" if days == 1 else "days"
    if exists:
        assert when.moved(was, now, zone) == f"+{days} {unit}"
        assert when.moved(now, was, zone) == f"brought forward by {days} {unit}"


def test_a_span_in_words() -> None:
    assert when.span_words(timedelta(days=14)) == "+14 days"
    assert when.span_words(timedelta(days=-3)) == "3 days earlier"
    assert when.span_words(timedelta(hours=23, minutes=59, seconds=40)) == "+1 day"
    assert when.span_words(timedelta(seconds=1)) == "+1 second"
    assert when.span_words(timedelta(0)) == "unchanged"
