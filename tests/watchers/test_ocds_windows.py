"""Any publisher of OCDS: what it is asked for, and which options are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from pydantic import ValidationError

from tests.make import at
from tests.watchers.publisher import HOST, URL
from tests.watchers.test_contract import INSTANTS, SPANS
from watchers.ocds import Ocds


def asked(since: str, now: str, **options: Any) -> list[dict[str, str]]:
    requests = Ocds(**({"url": URL} | options)).start(at(since), at(now))
    return [
        {name: values[0] for name, values in parse_qs(urlsplit(r.url).query).items()}
        for r in requests
    ]


def test_bounds_are_whole_days_that_cover_the_window_whatever_their_end_means():
    assert asked("2026-05-01T09:00", "2026-05-12T09:00") == [
        {"from": "2026-05-01", "to": "2026-05-09"},
        {"from": "2026-05-08", "to": "2026-05-13"},
    ]
    assert asked("2026-05-01", "2026-05-03", step="1d") == [
        {"from": "2026-05-01", "to": "2026-05-02"},
        {"from": "2026-05-02", "to": "2026-05-03"},
    ]


@pytest.mark.parametrize(
    ("format", "first", "last"),
    [
        ("%Y-%m-%dT%H:%M:%S%z", "2026-05-01T11:30:15+0200", "2026-05-03T11:30:15+0200"),
        ("%Y-%m-%dT%H:%M", "2026-05-01T11:30", "2026-05-03T11:31"),
        ("%d.%m.%Y %H", "01.05.2026 11", "03.05.2026 12"),
        ("%m-%Y", "05-2026", "06-2026"),
        ("%Y", "2026", "2027"),
    ],
)
def test_bounds_are_written_as_the_publisher_wants_them(format: str, first: str, last: str):
    (query,) = asked(
        "2026-05-01T09:30:15", "2026-05-03T09:30:15", format=format, timezone="Europe/Berlin"
    )
    assert query == {"from": first, "to": last}


def test_a_day_is_one_request_where_only_its_date_is_asked_for():
    options = {"url": f"{HOST}/day?d={{from}}", "step": "1d", "timezone": "Europe/Berlin"}
    found = asked("2026-05-10T23:00", "2026-05-12T09:00", **options)
    assert [query["d"] for query in found] == ["2026-05-11", "2026-05-12"]
    late = asked("2026-05-10T23:00", "2026-05-12T09:00", lag="1d", **options)
    assert [query["d"] for query in late] == ["2026-05-10", "2026-05-11"]


def test_the_windows_of_days_end_where_the_time_does():
    watcher = Ocds(url=f"{HOST}/day?d={{from}}", step="1d")
    begin, midnight, end = at("2026-05-10T23:00"), at("2026-05-11"), at("2026-05-11T09:00")
    assert [r.window for r in watcher.start(begin, end)] == [(begin, midnight), (midnight, end)]


def test_an_address_without_bounds_is_asked_once():
    assert asked("2026-01-01", "2026-05-12", url=f"{HOST}/latest?order=desc") == [{"order": "desc"}]
    assert asked("2026-01-01", "2026-05-12", url=f"{HOST}/x?since={{from}}") == [
        {"since": "2026-01-01"}
    ]


@given(since=INSTANTS, span=SPANS)
def test_local_bounds_cover_their_window(since: datetime, span: timedelta):
    covered(since, span)


def covered(since: datetime, span: timedelta) -> None:
    zone = ZoneInfo("Europe/London")
    watcher = Ocds(url=URL, format="%Y-%m-%dT%H:%M:%S", timezone="Europe/London", step="1d")
    for request in [*watcher.start(since, since + span)][:3]:
        begin, end = request.window or pytest.fail("no window")
        query = parse_qs(urlsplit(request.url).query)
        for fold in (0, 1):
            lower, upper = (
                datetime.fromisoformat(query[side][0]).replace(tzinfo=zone, fold=fold).timestamp()
                for side in ("from", "to")
            )
            assert lower <= begin.timestamp()
            assert upper >= end.timestamp()


@pytest.mark.parametrize("minute", range(0, 180, 15))
def test_the_hour_that_october_repeats_is_covered_whatever_it_means(minute: int):
    begin = at("2026-10-24T23:30") + timedelta(minutes=minute)
    covered(begin, timedelta(minutes=15))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"url": "ftp://x/{from}"}, "an address as in"),
        ({"url": "https://u:p@x.example/{from}"}, "without a user"),
        ({"url": "https://{from}.example/"}, "an address as in"),
        ({"url": "https://x.example/?a={since}"}, "in braces are"),
        ({"url": "https://x.example/?a={from"}, "in braces are"),
        ({"url": "https://x.example/?a={to}"}, "{to} without {from}"),
        ({"url": "https://x.example/?a={page}&b={page}"}, "stands once"),
        ({"url": "https://x.example/a b"}, "without blanks"),
        ({"url": "https://x.example/", "step": "7d"}, "step is the width"),
        ({"url": "https://x.example/{from}", "step": "7d"}, "1d alone"),
        ({"url": URL, "step": "soon"}, "not a span"),
        ({"url": URL, "format": "date"}, "shows no date"),
        ({"url": URL, "timezone": "Mars/North"}, "no time zone"),
        ({"url": URL, "next": "links.next"}, "a JSON pointer"),
        ({"url": URL, "releases": "a..b"}, "a way as in"),
        ({"url": URL, "currency": "euro"}, "ISO 4217"),
        ({"url": URL, "language": "deutsch"}, "BCP 47"),
        ({"url": URL, "base_url": HOST}, "Extra inputs"),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_and_says_why(options: dict[str, Any], why: str):
    with pytest.raises(ValidationError, match=why):
        Ocds(**options)
