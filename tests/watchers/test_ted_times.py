"""Dates and times that TED states apart, names of notices, figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Value
from watchers import _ted

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
TIMES = st.times()
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))
DUBLIN = _ted.zone("IRL")


def written(offset: timedelta) -> str:
    minutes = round(offset / timedelta(minutes=1))
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@given(day=DAYS, time=TIMES, of_day=OFFSETS, of_time=OFFSETS)
def test_the_offset_of_the_time_counts(day, time, of_day, of_time):
    time = time.replace(microsecond=0)
    at, dated = _ted.moment(f"{day}{written(of_day)}", f"{time}{written(of_time)}", DUBLIN)
    assert at == datetime.combine(day, time, timezone(of_time)) and at.tzinfo is UTC
    assert not dated


@given(day=DAYS, time=TIMES, of_day=OFFSETS)
def test_else_the_offset_of_the_date(day, time, of_day):
    time = time.replace(microsecond=0)
    at, _ = _ted.moment(f"{day}{written(of_day)}", f"{time:%H:%M}", DUBLIN)
    assert at == datetime.combine(day, time.replace(second=0), timezone(of_day))


@given(day=DAYS, time=TIMES)
def test_else_local_time(day, time):
    at, dated = _ted.moment(f"{day}", f"{time:%H:%M:%S}", DUBLIN)
    there = at.astimezone(DUBLIN).replace(tzinfo=None)
    stated = datetime.combine(day, time.replace(microsecond=0))
    # An hour that the clocks leave out is told after the change.
    assert there == stated or there == stated + timedelta(hours=1)
    assert not dated


@given(day=DAYS, offset=OFFSETS.filter(bool))
def test_a_date_alone_is_the_end_of_its_day(day, offset):
    at, dated = _ted.moment(f"{day}{written(offset)}", "", DUBLIN)
    assert dated
    assert at == datetime.combine(day, datetime.max.time(), timezone(offset)).replace(microsecond=0)
    assert _ted.moment(f"{day}Z", "", DUBLIN) == _ted.moment(f"{day}", "", DUBLIN)


@given(day=st.text(max_size=30), time=st.text(max_size=30))
def test_anything_else_is_a_value_error(day, time):
    try:
        at, _ = _ted.moment(day, time, DUBLIN)
    except ValueError:
        return
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "time", "at"),
    [
        ("2026-05-01+02:00", "02:00:00+02:00", "2026-05-01T00:00:00"),
        ("2026-05-01+02:00", "00:00:00+02:00", "2026-04-30T22:00:00"),
        ("2026-05-01Z", "24:00:00Z", "2026-05-02T00:00:00"),
        ("2026-05-01", "9:05", "2026-05-01T08:05:00"),
        ("2026-05-01T00:00:00+01:00", "10:00:00.000+01:00", "2026-05-01T09:00:00"),
    ],
)
def test_forms_that_were_seen(day: str, time: str, at: str):
    assert _ted.moment(day, time, DUBLIN) == (datetime.fromisoformat(f"{at}+00:00"), False)


def test_an_offset_unlike_the_country_is_noticed():
    summer = datetime(2026, 6, 15, 11, 0, tzinfo=UTC)
    assert not _ted.odd_offset(summer, "12:00:00+01:00", DUBLIN)
    assert _ted.odd_offset(summer, "11:00:00Z", DUBLIN)
    assert _ted.odd_offset(summer, "13:00:00+02:00", DUBLIN)
    assert not _ted.odd_offset(summer, "12:00", DUBLIN)


def test_countries_of_two_and_three_letters():
    assert _ted.zone("GRC") == _ted.zone("GR") == _ted.zone("EL")
    assert _ted.zone("GBR") == _ted.zone("UK") == _ted.zone("GB")
    assert _ted.zone("") == _ted.zone("BZ") == _ted.BRUSSELS


def test_the_journal_appears_at_nine_in_brussels():
    for day in ("2026-05-29+02:00", "2026-05-29Z", "2026-05-29", "20260529"):
        assert _ted.published(day) == datetime(2026, 5, 29, 7, 0, tzinfo=UTC)
    assert _ted.published("2026-01-05+01:00") == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    for bad in ("", "29/05/2026", "20261301"):
        with pytest.raises(ValueError, match="date"):
            _ted.published(bad)


@pytest.mark.parametrize(
    ("stated", "number"),
    [
        ("605902-2020", "605902-2020"),
        ("00605902-2020", "605902-2020"),
        ("2020/S 244-605902", "605902-2020"),
        ("2020/S 001-000012", "12-2020"),
        (" 2020/S 244 - 605902 ", "605902-2020"),
        ("2020-605902", ""),
        ("11111111-2222-4333-8444-555555555501", ""),
        ("605902-20201", ""),
        ("", ""),
    ],
)
def test_publication_numbers(stated: str, number: str):
    assert _ted.publication(stated) == number
    assert _ted.link(stated) == (f"ted:{number}" if number else _ted.uuid(stated))


def test_uuids_without_their_version():
    own = "11111111-2222-4333-8444-55555555550a"
    assert _ted.uuid(own) == _ted.uuid(f"{own.upper()}-02") == _ted.link(f"{own}-02") == own
    assert _ted.uuid(f"{own}-2") == _ted.uuid("urn:uuid") == ""


@pytest.mark.parametrize(
    ("stated", "figure"),
    [
        ("1200000.00", 1200000.0),
        ("298 000", 298000.0),
        ("3 800 000,00", 3800000.0),
        ("22.000,50", 22000.5),
        ("1,234,567.5", 1234567.5),
        ("1,234", 1234.0),
        ("0", None),
        ("-1", None),
        ("", None),
        ("about 5", None),
        ("1e400", None),
    ],
)
def test_figures(stated: str, figure: float | None):
    value = _ted.amount(stated, "EUR")
    assert value == (Value(figure, None, "EUR") if figure else None)


def test_lots_add_up_only_if_each_says_a_figure_in_one_currency():
    one, other = Value(1.5, None, "EUR"), Value(2.0, None, "SEK")
    assert _ted.total([one, one]) == Value(3.0, None, "EUR")
    assert _ted.total([one, None]) is _ted.total([one, other]) is _ted.total([]) is None


def test_lots_that_agree_have_one_deadline():
    early = datetime(2026, 6, 15, 11, 0, tzinfo=UTC)
    late = early + timedelta(days=1)
    forty = [(f"LOT-{n:04}", early, False) for n in range(40)]
    (only,) = _ted.by_lot("submission", forty, firm=True)
    assert (only.lot, only.at) == (None, early)
    differing = _ted.by_lot("submission", [*forty[:2], ("LOT-9", late, False)], firm=True)
    assert [d.key for d in differing] == [
        "LOT-0000/submission@2026-06-15T11:00Z",
        "LOT-0001/submission@2026-06-15T11:00Z",
        "LOT-9/submission@2026-06-16T11:00Z",
    ]
    assert _ted.by_lot("submission", [], firm=True) == []
