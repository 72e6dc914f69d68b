"""What every watcher keeps, whatever its source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import watchers
from bot.contract import Page, Request, Response, Window
from bot.errors import ReadError
from tests.watchers import golden

NAMES = list(watchers.load())
each_watcher = pytest.mark.parametrize("name", NAMES)
slow = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)

INSTANTS = st.datetimes(
    datetime.fromisoformat("2024-01-01"),
    datetime.fromisoformat("2027-12-31"),
    timezones=st.just(UTC),
)
SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=40))


def windows(name: str, since: datetime, now: datetime) -> list[Window]:
    return [r.window for r in golden.watcher(name).start(since, now) if r.window is not None]


def covers(parts: list[Window], since: datetime, now: datetime) -> bool:
    reached = since
    for begin, end in parts:
        if begin > reached:
            return False
        reached = max(reached, end)
    return reached >= now


@each_watcher
def test_a_public_module_is_one_watcher_with_its_manners(name: str):
    kind = watchers.load()[name]
    assert kind.every > timedelta(0)
    assert kind.pause >= 0
    assert kind.overlap >= timedelta(0)
    assert all(seconds > 0 for seconds in kind.cooldown.values())


@each_watcher
@slow
@given(since=INSTANTS, span=SPANS)
def test_start_covers_the_time_without_a_gap(name: str, since: datetime, span: timedelta):
    found = windows(name, since, since + span)
    assert found == sorted(found), "oldest first"
    assert not found or covers(found, since, since + span)


@each_watcher
@slow
@given(since=INSTANTS, span=SPANS)
def test_a_window_can_be_split(name: str, since: datetime, span: timedelta):
    for begin, end in windows(name, since, since + span)[:3]:
        if end - begin < timedelta(seconds=2):
            continue
        middle = begin + (end - begin) // 2
        halves = [*windows(name, begin, middle), *windows(name, middle, end)]
        assert covers(halves, begin, end)
        assert max(b - a for a, b in halves) < end - begin


@each_watcher
def test_nothing_is_asked_for_no_time(name: str):
    assert windows(name, golden.NOW, golden.NOW) == []


def attempt(name: str, body: bytes) -> Page | ReadError:
    try:
        return golden.watcher(name).read(Response(golden.request(name), 200, {}, body), golden.NOW)
    except ReadError as error:
        return error


@each_watcher
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"null",
        b"[]",
        b"0",
        b'"down"',
        b"{}",
        b"<html><body>Down for maintenance</body></html>",
        b"Rate limit of 12 exceeded.",
        b"\x00\xff\xfe",
        b"{" * 100_000,
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_page_is_never_no_news(name: str, body: bytes):
    error = attempt(name, body)
    assert isinstance(error, ReadError)
    assert str(error)


@each_watcher
@slow
@given(body=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_garbage_is_a_read_error(name: str, body: bytes):
    assert isinstance(attempt(name, body), ReadError)


@each_watcher
@slow
@given(data=st.data())
def test_a_page_cut_short_is_never_silently_short(name: str, data: st.DataObject):
    # Lines of JSON end anywhere: one that is cut between two of them is a shorter one.
    whole = [c for c in golden.cases() if c.parent.name == name and not [*c.glob("page.jsonl")]]
    body = golden.body(data.draw(st.sampled_from(whole))).rstrip()
    cut = attempt(name, body[: data.draw(st.integers(0, len(body) - 1))])
    assert isinstance(cut, ReadError) or not cut.complete


@each_watcher
@slow
@given(data=st.data())
def test_a_damaged_page_is_read_or_refused(name: str, data: st.DataObject):
    case = data.draw(st.sampled_from([c for c in golden.cases() if c.parent.name == name]))
    body = bytearray(golden.body(case))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    page = attempt(name, bytes(body))
    for found in page.found if isinstance(page, Page) else ():
        try:
            notice = found.load()
        except ReadError:
            continue
        assert (notice.record, notice.id) == (found.record, found.id)


@each_watcher
def test_requests_name_no_secret_and_one_host(name: str):
    requests = [*golden.watcher(name).start(golden.SINCE, golden.NOW)]
    assert requests
    assert all(isinstance(r, Request) and "@" not in r.url for r in requests)


@pytest.mark.parametrize("count", [0, 2])
def test_a_module_without_its_one_watcher_is_named(count: int):
    module = ModuleType("watchers.odd")
    for n in range(count):
        members = {"__module__": "watchers.odd", "start": print, "read": print}
        setattr(module, f"Odd{n}", type(f"Odd{n}", (), members))
    with pytest.raises(TypeError, match=r"watchers\.odd must define one public class"):
        watchers._watcher(module)
