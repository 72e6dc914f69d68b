"""Windows, addresses and next links of the two English portals."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from pydantic import ValidationError

from bot.contract import Request, Response, Watcher
from tests.make import at
from tests.watchers import ocds
from tests.watchers.golden import SINCE
from tests.watchers.test_contract import INSTANTS, SPANS
from watchers.contracts_finder import ContractsFinder
from watchers.find_a_tender import FindATender

LONDON = ZoneInfo("Europe/London")
LOCAL = "http://127.0.0.1:8080"


def asked(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def start(watcher: Watcher, since: str, now: str) -> list[Request]:
    return [*watcher.start(at(since), at(now))]


# ---------------------------------------------------------------- windows


def test_find_a_tender_asks_in_london_time_oldest_first():
    requests = start(FindATender(), "2026-08-10T00:00", "2026-08-10T14:30")
    assert [r.url for r in requests] == [
        f"{ocds.FTS}/api/1.0/ocdsReleasePackages?limit=100"
        f"&updatedFrom=2026-08-10T{a}&updatedTo=2026-08-10T{b}"
        for a, b in (
            ("01:00:00", "07:00:00"),
            ("07:00:00", "13:00:00"),
            ("13:00:00", "15:30:00"),
        )
    ]
    assert [r.window for r in requests] == [
        (at("2026-08-10T00:00"), at("2026-08-10T06:00")),
        (at("2026-08-10T06:00"), at("2026-08-10T12:00")),
        (at("2026-08-10T12:00"), at("2026-08-10T14:30")),
    ]


@pytest.mark.parametrize("minutes", [1, 30, 60, 90, 120, 360])
def test_the_hour_that_october_repeats_is_covered_whatever_it_means(minutes: int):
    watcher = FindATender(window=f"{minutes}m")
    for request in start(watcher, "2026-10-24T22:00", "2026-10-25T05:00"):
        begin, end = request.window or pytest.fail("no window")
        query = asked(request)
        lower = datetime.fromisoformat(query["updatedFrom"]).replace(tzinfo=LONDON)
        upper = datetime.fromisoformat(query["updatedTo"]).replace(tzinfo=LONDON)
        for fold in (0, 1):
            assert lower.replace(fold=fold).timestamp() <= begin.timestamp()
            assert upper.replace(fold=fold).timestamp() >= end.timestamp()


@given(since=INSTANTS, span=SPANS)
def test_find_a_tender_parameters_cover_their_window(since: datetime, span: timedelta):
    for request in [*FindATender(window="1d").start(since, since + span)][:3]:
        begin, end = request.window or pytest.fail("no window")
        query = asked(request)
        assert set(query) == {"limit", "updatedFrom", "updatedTo"}
        assert all(len(query[name]) == 19 for name in ("updatedFrom", "updatedTo"))
        for fold in (0, 1):
            lower = datetime.fromisoformat(query["updatedFrom"]).replace(tzinfo=LONDON, fold=fold)
            upper = datetime.fromisoformat(query["updatedTo"]).replace(tzinfo=LONDON, fold=fold)
            assert lower.timestamp() <= begin.timestamp()
            assert upper.timestamp() >= end.timestamp()


@given(since=INSTANTS, span=SPANS)
def test_contracts_finder_covers_its_window_whether_z_is_read_or_ignored(
    since: datetime, span: timedelta
):
    for request in [*ContractsFinder().start(since, since + span)][:3]:
        begin, end = request.window or pytest.fail("no window")
        assert "%3A" not in request.url
        assert "+" not in request.url
        query = asked(request)
        assert set(query) == {"limit", "publishedFrom", "publishedTo"}
        bounds = [datetime.fromisoformat(query[f"published{side}"]) for side in ("From", "To")]
        assert bounds[0].timestamp() <= begin.timestamp()
        assert bounds[1].timestamp() >= end.timestamp()
        for fold in (0, 1):
            ignored = [bound.replace(tzinfo=LONDON, fold=fold) for bound in bounds]
            assert ignored[0].timestamp() <= begin.timestamp()
            assert ignored[1].timestamp() >= end.timestamp()


@pytest.mark.parametrize("kind", [FindATender, ContractsFinder])
def test_an_own_address_replaces_scheme_and_host(kind: type):
    (request,) = start(kind(base_url=LOCAL + "/"), "2026-08-10T00:00", "2026-08-10T01:00")
    official = start(kind(), "2026-08-10T00:00", "2026-08-10T01:00")[0].url
    assert request.url == LOCAL + "/" + official.split("/", 3)[3]


@pytest.mark.parametrize("kind", [FindATender, ContractsFinder])
@pytest.mark.parametrize(
    "options",
    [
        {"window": "0h"},
        {"window": "-1h"},
        {"window": "6"},
        {"window": "soon"},
        {"window": "90d"},
        {"base_url": "127.0.0.1"},
        {"base_url": "ftp://host"},
        {"base_url": "https://host/path"},
        {"base_url": "https://user:pass@host"},
        {"stages": "tender"},
    ],
    ids=str,
)
def test_a_wrong_option_is_refused(kind: type, options: dict[str, str]):
    with pytest.raises(ValidationError):
        kind(**options)


# ---------------------------------------------------------------- next links

WINDOW = (at("2026-05-12T00:00"), at("2026-05-12T06:00"))


def after(link: object, base_url: str | None = None, count: int = 1) -> tuple[list[str], bool, str]:
    watcher = FindATender(base_url=base_url)
    url = f"{base_url or ocds.FTS}/api?limit=100"
    releases = [ocds.release(id=f"{n:06}-2026") for n in range(count)]
    data = ocds.body(*releases, **({} if link is None else {"links": {"next": link}}))
    page = watcher.read(Response(Request(url, window=WINDOW), 200, {}, data), SINCE)
    assert all(follow.window == WINDOW for follow in page.follow)
    return [follow.url for follow in page.follow], page.complete, page.why


def test_a_next_link_of_the_same_origin_is_followed_as_written():
    url = f"{ocds.FTS}/api?cursor=dXA9Mjc=&x=2026-05-12T00:00:00+01:00"
    assert after(url) == ([url], True, "")


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_test_portal_that_repeats_official_links_is_asked_itself(scheme: str):
    official = f"{scheme}://www.find-tender.service.gov.uk/api?cursor=a"
    assert after(official, LOCAL) == ([f"{LOCAL}/api?cursor=a"], True, "")


def test_the_portal_is_asked_over_https_whatever_it_calls_itself():
    found = after("http://www.find-tender.service.gov.uk/api?cursor=a")
    assert found == ([f"{ocds.FTS}/api?cursor=a"], True, "")


@pytest.mark.parametrize("link", ["/api?cursor=a", "?cursor=a"])
def test_a_relative_next_link_stays_at_home(link: str):
    assert after(link) == ([f"{ocds.FTS}/api?cursor=a"], True, "")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api?cursor=a",
        "https://www.find-tender.service.gov.uk.evil.example/api",
        "https://www.find-tender.service.gov.uk@evil.example/api",
        "https://www.find-tender.service.gov.uk:8443/api",
        "//evil.example/api",
        "file:///etc/passwd",
        "http://127.0.0.1:8080/api",
        "javascript:alert(1)",
        "page2",
        "https://[::1",
        "https://host:port/",
        "https://www.find-tender.service.gov.uk/a b",
        "https://www.find-tender.service.gov.uk/\r\nX: y",
        "https://www.find-tender.service.gov.uk/é",
        ["https://www.find-tender.service.gov.uk/api"],
        {"href": "x"},
        True,
        False,
        7,
    ],
    ids=str,
)
def test_any_other_next_link_is_not_followed_and_said(link: object):
    follow, complete, why = after(link)
    assert (follow, complete) == ([], False)
    assert why


@pytest.mark.parametrize("link", [None, ""])
def test_no_next_link_is_the_end(link: object):
    assert after(link) == ([], True, "")


def test_a_next_link_to_the_same_page_is_no_next_page():
    assert after(f"{ocds.FTS}/api?limit=100")[:2] == ([], False)


@pytest.mark.parametrize(("count", "complete"), [(0, True), (99, True), (100, False)])
def test_a_full_page_without_a_next_link_was_cut_short(count: int, complete: bool):
    follow, whole, why = after(None, count=count)
    assert (follow, whole) == ([], complete)
    assert bool(why) != complete


def test_a_full_page_is_counted_before_duplicates_collapse():
    data = ocds.body(*[ocds.release()] * 100)
    page = ocds.page(data)
    assert (len(page.found), page.complete) == (1, False)


@pytest.mark.parametrize("link", [{}, {"links": {"next": f"{ocds.FTS}/etc/passwd"}}])
def test_a_page_in_a_file_is_whole_however_many_releases_it_holds(link: dict[str, object]):
    data = ocds.body(*[ocds.release(id=f"{n:06}-2026") for n in range(100)], **link)
    page = ocds.page(data, url="file:///drop/page.json")
    assert (len(page.found), page.follow, page.complete) == (100, (), True)
