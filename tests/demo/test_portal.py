"""The portal on loopback: its clock, what it noted, and the faults it was told to make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from bot.demo import faults
from bot.demo.portal import Portal
from tests.demo.test_pages import MONDAY, release

FTS = "/api/1.0/ocdsReleasePackages"
CF = "/Published/Notices/OCDS/Search"


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal(releases_fts=[release(n, n) for n in (2, 1, 3)], releases_cf=[release(9)]) as open:
        yield open


@pytest.fixture
def client(portal: Portal) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.url, trust_env=False) as client:
        yield client


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [found["id"] for found in response.json()["releases"]]


def test_each_portal_serves_its_own(client: httpx.Client) -> None:
    assert ids(client.get(FTS)) == ["000003-2026", "000002-2026", "000001-2026"]
    assert ids(client.get(CF)) == ["000009-2026"]
    assert client.get("/").status_code == 404


def test_nothing_is_shown_before_its_time(portal: Portal, client: httpx.Client) -> None:
    portal.now = MONDAY
    assert ids(client.get(FTS)) == []
    portal.now = MONDAY + timedelta(minutes=2)
    assert ids(client.get(FTS)) == ["000002-2026", "000001-2026"]
    portal.publish("fts", release(4, 2))
    assert ids(client.get(FTS)) == ["000004-2026", "000002-2026", "000001-2026"]


def test_the_next_page_is_on_the_same_address(client: httpx.Client) -> None:
    first = client.get(f"{FTS}?limit=2")
    following = client.get(first.json()["links"]["next"])
    assert ids(first) + ids(following) == ["000003-2026", "000002-2026", "000001-2026"]
    assert "links" not in following.json()


def test_it_notes_what_it_was_asked(portal: Portal, client: httpx.Client) -> None:
    client.get(f"{FTS}?updatedFrom=2026-06-01T00:00:00", headers={"User-Agent": "Tenderbell"})
    client.get("/elsewhere")
    first, second = portal.requests
    assert (first.kind, first.target) == ("fts", f"{FTS}?updatedFrom=2026-06-01T00:00:00")
    assert first.headers["user-agent"] == "Tenderbell"
    assert (second.kind, second.target) == (None, "/elsewhere")


def test_an_answer_comes_once_and_for_its_own_kind(portal: Portal, client: httpx.Client) -> None:
    portal.script("fts", faults.status(429, b"Rate limit of 12 exceeded.", retry_after="120"))
    assert client.get(CF).status_code == 200
    refused = client.get(FTS)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "120")
    assert refused.text == "Rate limit of 12 exceeded."
    assert client.get(FTS).status_code == 200


def test_a_line_can_be_cut_before_and_within_the_answer(
    portal: Portal, client: httpx.Client
) -> None:
    portal.script("fts", faults.dropped, faults.cut(20))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.get(FTS)
    with pytest.raises(httpx.RemoteProtocolError, match=r"received 20 bytes, expected \d{3}"):
        client.get(FTS)
    assert len(ids(client.get(FTS))) == 3


def test_a_page_can_repeat_a_release_or_hide_its_successor(
    portal: Portal, client: httpx.Client
) -> None:
    portal.script("fts", faults.untouched, faults.doubled, faults.unlinked)
    assert "links" in client.get(f"{FTS}?limit=2").json()
    doubled = ["000003-2026", "000003-2026", "000002-2026"]
    assert ids(client.get(f"{FTS}?limit=2")) == doubled
    assert "links" not in client.get(f"{FTS}?limit=2").json()


def test_bytes_can_be_spoilt(portal: Portal, client: httpx.Client) -> None:
    portal.script("fts", faults.replaced(b'"1.1"', b" 000,"))
    with pytest.raises(ValueError, match="Expecting"):
        client.get(FTS).json()


def test_the_head_is_no_help_to_a_conditional_request(client: httpx.Client) -> None:
    headers = client.get(FTS).headers
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert "etag" not in headers and "last-modified" not in headers


def test_a_closed_portal_refuses() -> None:
    with Portal() as portal:
        url = portal.url
    assert urlsplit(url).hostname == "127.0.0.1"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}{FTS}", trust_env=False)
