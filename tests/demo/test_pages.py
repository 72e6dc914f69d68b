"""The walk over a portal's pages: whole, in order, each release once, whatever is published."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.pages import APIS, Answer, Kind, page, published

BASE = "http://127.0.0.1:1"
MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)


def release(number: int, minutes: int = 0, **more: Any) -> dict[str, Any]:
    date = (MONDAY + timedelta(minutes=minutes)).isoformat()
    return {"ocid": f"ocds-h6vhtk-0d{number:04x}", "id": f"{number:06}-2026", "date": date} | more


def package(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    held: dict[str, Any] = json.loads(answer.body)
    return held


def ids(answer: Answer) -> list[str]:
    return [found["id"] for found in package(answer)["releases"]]


def walk(kind: Kind, query: str, held: list[dict[str, Any]], late: int = 0) -> list[list[str]]:
    """The ids of each page; before each next page `late` more releases are published."""
    pages: list[list[str]] = []
    for _ in range(len(held) + 1):
        answer = page(kind, BASE, query, held, None)
        pages.append(ids(answer))
        link = package(answer).get("links", {}).get("next")
        if not link:
            return pages
        assert link.startswith(f"{BASE}{APIS[kind].path}?")
        query = urlsplit(link).query
        held += [release(900000 + len(held) + more, 600) for more in range(late)]
    raise AssertionError(f"the walk does not end: {pages[-3:]}")


@given(
    kind=st.sampled_from(("fts", "cf")),
    minutes=st.lists(st.integers(0, 300), max_size=40),
    bounds=st.tuples(st.integers(0, 300), st.integers(0, 300)),
    limit=st.integers(1, 7),
    late=st.integers(0, 2),
)
def test_a_walk_finds_each_release_of_its_window_once(
    kind: Kind, minutes: list[int], bounds: tuple[int, int], limit: int, late: int
) -> None:
    held = [release(number, at) for number, at in enumerate(sorted(minutes))]
    since, until = (MONDAY + timedelta(minutes=m) for m in sorted(bounds))
    wanted = [r["id"] for r in held if since <= published(r) <= until]
    api = APIS[kind]
    # 1 June is summer time: London's clocks show an hour more than UTC.
    low, high = (f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}" for at in (since, until))
    pages = walk(kind, f"{api.since}={low}&{api.until}={high}&limit={limit}", held, late)
    assert [id for one in pages for id in one] == wanted[::-1]
    assert all(len(one) == limit for one in pages[:-1]) and len(pages[-1]) <= limit


def test_an_empty_window_is_a_page_without_releases_and_links() -> None:
    found = package(page("fts", BASE, "updatedFrom=2026-07-01T00:00:00", [release(1)], None))
    assert found["releases"] == [] and found["publishedDate"] == "" and "links" not in found


@pytest.mark.parametrize("count", [100, 101])
def test_without_a_limit_a_page_holds_a_hundred(count: int) -> None:
    answer = page("fts", BASE, "", [release(n, n) for n in range(count)], None)
    assert len(ids(answer)) == 100
    assert ("links" in package(answer)) is (count > 100)


def test_find_a_tender_reads_london_time_and_ignores_a_z() -> None:
    held = [release(1, 0)]  # 07:00 in London, 06:00 UTC
    for z in ("", "Z"):
        query = f"updatedFrom=2026-06-01T07:00:00{z}&updatedTo=2026-06-01T07:00:00{z}"
        assert ids(page("fts", BASE, query, held, None)) == ["000001-2026"]
        query = f"updatedFrom=2026-06-01T06:00:00{z}&updatedTo=2026-06-01T06:59:59{z}"
        assert ids(page("fts", BASE, query, held, None)) == []


def test_contracts_finder_honours_an_offset_and_takes_a_date() -> None:
    held = [release(1, 0)]
    assert ids(page("cf", BASE, "publishedTo=2026-06-01T05:59:59Z", held, None)) == []
    assert ids(page("cf", BASE, "publishedTo=2026-06-01T06:00:00Z", held, None)) != []
    assert ids(page("cf", BASE, "publishedFrom=2026-06-01", held, None)) != []
    assert ids(page("cf", BASE, "publishedFrom=2026-06-02", held, None)) == []


def test_contracts_finder_answers_an_encoded_colon_with_nothing() -> None:
    held = [release(1, 0)]
    query = "publishedFrom=2026-06-01T00:00:00Z"
    assert ids(page("cf", BASE, query, held, None)) != []
    assert ids(page("cf", BASE, query.replace(":", "%3A"), held, None)) == []


def test_contracts_finder_shows_only_the_present_release_of_a_process() -> None:
    first, edit = release(1, 0), release(2, 30, ocid="ocds-h6vhtk-0d0001")
    assert ids(page("cf", BASE, "", [first, edit], None)) == ["000002-2026"]
    assert ids(page("cf", BASE, "", [first, edit], MONDAY)) == ["000001-2026"]
    assert ids(page("fts", BASE, "", [first, edit], None)) == ["000002-2026", "000001-2026"]


def test_stages_hides_every_notice_under_the_procurement_act() -> None:
    old = release(1, tag=["tender"], tender={"legalBasis": {"scheme": "CELEX"}})
    new = release(2, tag=["tender"], tender={"legalBasis": {"scheme": "UKPGA"}})
    assert ids(page("fts", BASE, "stages=tender", [old, new], None)) == ["000001-2026"]
    assert ids(page("fts", BASE, "stages=planning", [old, new], None)) == []
    assert len(ids(page("cf", BASE, "stages=tender", [old, new], None))) == 2


@pytest.mark.parametrize(
    ("kind", "query", "named"),
    [
        ("fts", "limit=0", "limit"),
        ("fts", "limit=101", "limit"),
        ("fts", "limit=ten", "limit"),
        ("fts", "limit=", "limit"),
        ("fts", "updatedFrom=2026-06-01", "updatedFrom"),
        ("fts", "updatedFrom=2026-06-01T09:00", "updatedFrom"),
        ("fts", "updatedFrom=2026-06-01T09:00:00+01:00", "updatedFrom"),
        ("fts", "publishedFrom=2026-06-01T09:00:00", "updatedFrom"),
        ("fts", "size=10", "size"),
        ("fts", "stages=implementation", "stages"),
        ("fts", "cursor=nonsense!", "cursor"),
        ("fts", "cursor=bm9uZQ==", "cursor"),
        ("cf", "updatedFrom=2026-06-01T09:00:00", "publishedFrom"),
        ("cf", "publishedFrom=yesterday", "yesterday"),
        ("cf", "publishedFrom=0001-01-01T00:00:00%2B05:00", "range"),
    ],
)
def test_a_wrong_query_is_told_so(kind: Kind, query: str, named: str) -> None:
    answer = page(kind, BASE, query, [release(1)], None)
    assert answer.status == 400
    assert named in json.loads(answer.body)["message"]


@given(kind=st.sampled_from(("fts", "cf")), query=st.text())
def test_no_query_breaks_the_portal(kind: Kind, query: str) -> None:
    assert page(kind, BASE, query, [release(1)], None).status in (200, 400)


@pytest.mark.parametrize("date", [None, "soon", "9999-12-31T23:59:59-14:00", 7])
def test_a_release_whose_date_cannot_be_read_is_shown_all_the_same(date: object) -> None:
    assert ids(page("fts", BASE, "", [release(1, date=date)], MONDAY)) == ["000001-2026"]
