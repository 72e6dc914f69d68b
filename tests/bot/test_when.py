"""Dates as sources write them, over the days when the clocks change; spans and sums of users."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import when
from tests.make import at

LONDON = ZoneInfo("Europe/London")
BRUSSELS = ZoneInfo("Europe/Brussels")
SANTIAGO = ZoneInfo("America/Santiago")
CAIRO = ZoneInfo("Africa/Cairo")
ZONES = st.sampled_from([LONDON, BRUSSELS, SANTIAGO, CAIRO, ZoneInfo("Asia/Kolkata")])

instants = st.datetimes(
    min_value=datetime(1975, 1, 1),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("stated", "utc"),
    [
        ("2026-06-19T12:00:00+01:00", "2026-06-19T11:00:00"),
        ("2026-06-19T11:00:00Z", "2026-06-19T11:00:00"),
        ("2026-06-19T11:00:00z", "2026-06-19T11:00:00"),
        ("2026-06-19 11:00:00Z", "2026-06-19T11:00:00"),
        ("2026-06-19T11:00:00 +0000", "2026-06-19T11:00:00"),
        ("2026-06-19T13:00:00+02", "2026-06-19T11:00:00"),
        ("2026-06-19T06:30:00-04:30", "2026-06-19T11:00:00"),
        ("2026-06-19T12:00:00", "2026-06-19T11:00:00"),
        ("2026-01-19T12:00:00", "2026-01-19T12:00:00"),
        ("2026-06-19 12:00", "2026-06-19T11:00:00"),
        (" 2026-06-19T12:00 ", "2026-06-19T11:00:00"),
        ("2026-06-19T11:00:00.5Z", "2026-06-19T11:00:00.500000"),
        ("2026-06-19T11:00:00.1234567Z", "2026-06-19T11:00:00.123456"),
        ("2026-06-19T24:00:00", "2026-06-19T23:00:00"),
        ("2026-06-19T24:00:00Z", "2026-06-20T00:00:00"),
        ("2026-06-19T24:00:00+01:00", "2026-06-19T23:00:00"),
        ("2026-12-31T24:00:00Z", "2027-01-01T00:00:00"),
        # The clocks go forward on 29 March 2026 and back on 25 October, at 01:00 UTC.
        ("2026-03-29T01:30:00", "2026-03-29T01:30:00"),
        ("2026-10-25T01:30:00", "2026-10-25T00:30:00"),
        ("2026-10-24T24:00:00", "2026-10-24T23:00:00"),
        ("2026-10-25T24:00:00", "2026-10-26T00:00:00"),
    ],
)
def test_a_time_as_a_source_states_it(stated: str, utc: str) -> None:
    assert when.instant(stated, LONDON) == (at(utc), False)
    assert when.instant(stated, LONDON)[0].tzinfo is UTC


@pytest.mark.parametrize(
    ("stated", "zone", "last", "first"),
    [
        ("2026-06-19", LONDON, "2026-06-19T22:59:59", "2026-06-18T23:00:00"),
        ("2026-06-19+01:00", LONDON, "2026-06-19T22:59:59", "2026-06-18T23:00:00"),
        ("2026-06-19+02:00", LONDON, "2026-06-19T21:59:59", "2026-06-18T22:00:00"),
        ("2026-06-19-05:00", LONDON, "2026-06-20T04:59:59", "2026-06-19T05:00:00"),
        ("2026-06-19Z", LONDON, "2026-06-19T22:59:59", "2026-06-18T23:00:00"),
        ("2026-06-19+00:00", LONDON, "2026-06-19T22:59:59", "2026-06-18T23:00:00"),
        ("2026-01-19", LONDON, "2026-01-19T23:59:59", "2026-01-19T00:00:00"),
        ("2026-10-25", LONDON, "2026-10-25T23:59:59", "2026-10-24T23:00:00"),
        # Chile's clocks go back at midnight, so 23:59:59 comes twice; Egypt's day begins at 01:00.
        ("2026-04-04", SANTIAGO, "2026-04-05T03:59:59", "2026-04-04T03:00:00"),
        ("2026-04-24", CAIRO, "2026-04-24T20:59:59", "2026-04-23T22:00:00"),
    ],
)
def test_a_date_without_a_time_is_a_day(stated: str, zone: ZoneInfo, last: str, first: str) -> None:
    assert when.instant(stated, zone) == (at(last), True)
    assert when.instant(stated, zone, end=False) == (at(first), True)


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "tomorrow",
        "19/06/2026",
        "2026-6-19",
        "20260619",
        "2026-W25-5",
        "2026-W25-5T12:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31",
        "0206-06-19",
        "2026-02-30",
        "2026-13-01T12:00:00Z",
        "2026-06-19T25:00:00Z",
        "2026-06-19T24:00:01Z",
        "2026-06-19T12:60:00",
        "2026-06-19T12:00:60Z",
        "2026-06-19T12",
        "2026-06-19T12:00:00+99:00",
        "2026-06-19T12:00:00+01:60",
        "2026-06-19T12:00:00 BST",
        "２０２６-06-19",
        "2026-06-19T120000.1+01:00",
        "2026-06-19\n12:00",
        pytest.param("9" * 1000000, id="endless"),
    ],
)
def test_what_is_no_date_is_a_value_error(stated: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|has a year"):
        when.instant(stated, LONDON)


@given(
    st.text()
    | st.text("0123456789-+:.TZ W", max_size=30)
    | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?(Z|[+-]\d\d:\d\d)?", fullmatch=True),
    ZONES,
    st.booleans(),
)
def test_any_text_is_an_instant_in_utc_or_a_value_error(
    text: str, zone: ZoneInfo, end: bool
) -> None:
    try:
        found, _ = when.instant(text, zone, end=end)
    except ValueError:
        return
    assert found.tzinfo is UTC
    assert 1899 <= found.year <= 3000


@given(instants, ZONES, st.integers(-14 * 60, 14 * 60))
def test_an_instant_survives_every_way_of_writing_it(
    instant: datetime, zone: ZoneInfo, offset: int
) -> None:
    assert when.instant(when.iso(instant), zone) == (instant, False)
    there = instant.astimezone(timezone(timedelta(minutes=offset)))
    assert when.instant(there.isoformat(), zone) == (instant, False)
    assert when.instant(there.isoformat(" "), zone) == (instant, False)


@given(instants, ZONES)
def test_a_local_time_is_read_as_the_first_instant_that_shows_it(
    instant: datetime, zone: ZoneInfo
) -> None:
    there = instant.astimezone(zone)
    read, _ = when.instant(there.replace(tzinfo=None).isoformat(), zone)
    assert read == there.replace(fold=0)
    assert read.astimezone(zone).replace(tzinfo=None) == there.replace(tzinfo=None)


@given(st.dates(date(1975, 1, 1), date(2100, 1, 1)), ZONES)
def test_a_dated_instant_is_the_last_second_of_its_local_day(day: date, zone: ZoneInfo) -> None:
    last, dated = when.instant(day.isoformat(), zone)
    assert dated
    assert last.astimezone(zone).date() == day
    assert (last + timedelta(seconds=1)).astimezone(zone).date() == day + timedelta(days=1)


# ---------------------------------------------------------------- spans and sums


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("1.5h", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        (" 2 D ", timedelta(days=2)),
        ("1w", timedelta(days=7)),
        ("0s", timedelta(0)),
    ],
)
def test_a_span(written: str, span: timedelta) -> None:
    assert when.span(written) == span


@pytest.mark.parametrize(
    "written",
    [
        "",
        "15",
        "m",
        "-1d",
        "+1d",
        "1,5h",
        "1.h",
        "2y",
        "2 days",
        "1d2h",
        "1e3s",
        "nand",
        "²d",
        pytest.param("9" * 60 + "w", id="too long"),
        pytest.param("1" * 1000000 + "d", id="endless"),
    ],
)
def test_what_is_no_span_is_a_value_error(written: str) -> None:
    with pytest.raises(ValueError, match="span"):
        when.span(written)


@given(st.integers(0, 100_000), st.sampled_from("smhdw"))
def test_a_span_is_so_many_of_its_unit(number: int, unit: str) -> None:
    assert when.span(f"{number}{unit}") == number * when.span(f"1{unit}")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("50k", 50_000),
        ("50K", 50_000),
        ("£50k", 50_000),
        ("€ 1.5m", 1_500_000),
        ("20m", 20_000_000),
        ("2bn", 2_000_000_000),
        ("50,000", 50_000),
        ("1,234,567.89", 1_234_567.89),
        ("0.1m", 100_000),
        ("50000", 50_000),
        (50_000, 50_000),
        (1.5, 1.5),
        (0, 0),
    ],
)
def test_a_sum(written: str | float, amount: float) -> None:
    assert when.money(written) == amount
    assert isinstance(when.money(written), float)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "k",
        "50 000",
        "50,00",
        "1,5m",
        "1.5.0",
        "-5",
        "5t",
        "GBP 5",
        "nan",
        "1e9",
        -1,
        float("nan"),
        float("inf"),
        True,
        pytest.param(10**400, id="huge"),
        pytest.param("5" * 1000, id="endless"),
    ],
)
def test_what_is_no_sum_is_a_value_error(written: str | float) -> None:
    with pytest.raises(ValueError, match="sum"):
        when.money(written)


@given(st.text() | st.from_regex(r"[0-9.,]{1,9} ?[a-z]{0,2}", fullmatch=True))
def test_any_text_is_a_sum_from_zero_or_a_value_error(text: str) -> None:
    try:
        found = when.money(text)
    except ValueError:
        return
    assert 0 <= found < float("inf")
