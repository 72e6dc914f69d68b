"""Any publisher of OCDS: identities, kinds, facts, and the next page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.contract import Page, Request, Response
from tests.make import at
from tests.watchers import ocds
from tests.watchers.publisher import HOST, URL, WINDOW, compiled, dump, ids, notices, page
from watchers.ocds import Ocds

# ---------------------------------------------------------------- identity, kinds, facts


def test_a_compiled_release_that_changes_under_its_id_is_another_notice():
    later = "2026-05-13T08:00:00Z"
    for first, second in (
        (compiled("ocds-abc123-1"), compiled("ocds-abc123-1", later)),
        (compiled("7"), compiled("7", later)),
        (compiled(""), compiled("", later)),
        (compiled("7", None), compiled("7", None, language="en")),
        (ocds.release(ocid="o-1", id="o-1"), ocds.release(ocid="o-1", id="o-1", date=later)),
    ):
        a, b = (page(dump(one)).found[0] for one in (first, second))
        assert a.record == b.record
        assert a.id != b.id
        assert page(dump(first)).found[0].id == a.id


def test_an_id_that_names_its_date_is_kept_as_it_is():
    id = "ocds-abc123-1-2026-05-12T08:00:00Z"
    assert ids(dump(compiled(id))) == [id]


def test_a_release_that_is_not_compiled_keeps_its_id():
    assert ids(dump(ocds.release())) == ["000101-2026"]
    a, b = (page(dump(ocds.release({"documents": None}, id=None, x=n))).found[0].id for n in (1, 2))
    assert a != b


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("compiled+tender", "tender", "open")),
        ({"tender": None, "planning": {"x": 1}}, ("compiled+planning", "planning", "planned")),
        ({"tender": {"status": "planned"}}, ("compiled+planning", "planning", "planned")),
        ({"tender": {"status": "cancelled"}}, ("compiled+tender", "tender", "cancelled")),
        ({"awards": [{"id": "1"}]}, ("compiled+award", "award", "awarded")),
        (
            {"awards": [{"id": "1"}], "contracts": [{}]},
            ("compiled+contract", "contract", "awarded"),
        ),
    ],
)
def test_a_compiled_release_stands_where_its_process_has_come_to(more: Any, expected: Any):
    about = {"documents": None, **(more.get("tender") or {})}
    held = compiled("7") | more
    held = (
        held | {"tender": compiled("7", tender=about)["tender"]} if "tender" not in more else held
    )
    if "documents" in (held.get("tender") or {}):
        del held["tender"]["documents"]
    (notice,) = notices(dump({k: v for k, v in held.items() if v is not None}))
    assert (notice.kind, notice.stage, notice.status) == expected
    assert notice.restates


def test_an_awarded_process_keeps_the_deadlines_that_its_compiled_release_states():
    (notice,) = notices(dump(compiled("7", awards=[{"id": "1", "status": "active"}])))
    assert {d.kind for d in notice.facts.deadlines} == {"submission"}
    (stub,) = notices(dump(ocds.release(tag=["award"], awards=[{"id": "1"}])))
    assert stub.facts.deadlines == () or stub.kind == "UK4"


def test_dates_without_an_offset_are_read_in_the_publisher_s_zone():
    about = {"tenderPeriod": {"endDate": "2026-06-19T12:00:00"}}
    body = dump(ocds.release(about, date="2026-05-12T08:00:00"))
    (notice,) = notices(body, timezone="Africa/Johannesburg")
    assert notice.published == at("2026-05-12T06:00")
    assert notice.facts.deadlines[0].at == at("2026-06-19T10:00")


def test_currency_and_language_fill_in_what_is_left_to_the_reader():
    about = {"title": "Comidas", "title_en": "Meals", "description_en": "", "description": "Comida"}
    body = dump(ocds.release(about | {"value": {"amount": 5}}))
    (notice,) = notices(body, currency="PEN", language="en")
    assert (notice.facts.title, notice.facts.description) == ("Meals", "Comida")
    assert notice.facts.value and notice.facts.value.currency == "PEN"
    assert notices(body)[0].facts.title == "Comidas"


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({}, None),
        ({"uri": f"{HOST}/notice/1"}, f"{HOST}/notice/1"),
        ({"uri": "urn:x"}, None),
        ({"documents": [{"documentType": "contractNotice", "url": f"{HOST}/n"}]}, f"{HOST}/n"),
        ({"documents": [{"noticeType": "UK4", "url": f"{HOST}/own"}]}, f"{HOST}/own"),
        ({"documents": [{"noticeType": "UK4", "url": "javascript:x"}]}, None),
    ],
    ids=str,
)
def test_the_page_for_people_is_what_the_release_names(more: Any, url: str | None):
    documents = {"documents": more.get("documents")}
    (notice,) = notices(dump(ocds.release(documents, uri=more.get("uri"))))
    assert notice.facts.url == url
    assert url not in notice.links


# ---------------------------------------------------------------- the next page


def after(
    body: dict[str, Any], address: str = f"{HOST}/releases?x=1", **options: Any
) -> tuple[list[str], bool, str]:
    found = page(dump(body), address, **options)
    assert all(follow.window == WINDOW for follow in found.follow)
    return [follow.url for follow in found.follow], found.complete, found.why


ONE = [ocds.release()]


@pytest.mark.parametrize(
    ("pointer", "members"),
    [
        ("/links/next", {"links": {"next": f"{HOST}/releases?x=2"}}),
        ("/next", {"next": "/releases?x=2"}),
        ("/next_page/uri", {"next_page": {"uri": "?x=2", "offset": 2}}),
        ("/links/0/href", {"links": [{"href": "?x=2"}]}),
        ("/a~1b/n~0", {"a/b": {"n~": "?x=2"}}),
    ],
)
def test_the_next_link_is_where_its_pointer_says(pointer: str, members: dict[str, Any]):
    expected = ([f"{HOST}/releases?x=2"], True, "")
    assert after({"releases": ONE} | members, next=pointer) == expected
    broken = json.dumps({"releases": [ocds.release(x="@")]} | members).replace('"@"', "NaN")
    assert [r.url for r in page(broken.encode(), f"{HOST}/releases?x=1", next=pointer).follow] == (
        expected[0]
    )


@pytest.mark.parametrize("link", ["https://evil.example/x", "file:///etc/passwd", 7, ["x"], "x y"])
def test_a_link_to_anywhere_else_is_not_followed_and_said(link: Any):
    follow, complete, why = after({"releases": ONE, "links": {"next": link}})
    assert (follow, complete) == ([], False)
    assert why


def test_a_publisher_behind_a_proxy_is_asked_as_before():
    link = {"next": f"{HOST.replace('https', 'http')}/releases?x=2"}
    assert after({"releases": ONE, "links": link}) == ([f"{HOST}/releases?x=2"], True, "")


def test_a_page_without_a_release_is_the_last_whatever_it_links_to():
    assert after({"releases": [], "links": {"next": "?x=2"}}) == ([], True, "")


def test_a_full_first_page_without_a_link_was_cut_short():
    assert after({"releases": ONE}, limit=1)[1:] == (
        False,
        "a full page of 1 releases names no next page",
    )
    assert after({"releases": ONE}, limit=2) == ([], True, "")


def test_pages_are_counted_up_to_an_empty_one():
    watcher = Ocds(url=f"{HOST}/r?p={{page}}&from={{from}}&to={{to}}", first_page=0, step="31d")
    (first,) = watcher.start(*WINDOW)
    assert first.url == f"{HOST}/r?p=0&from=2026-05-10&to=2026-05-12"
    full = Response(first, 200, {}, ocds.body(*ONE))
    (second,) = watcher.read(full, WINDOW[0]).follow
    assert (second.url, second.window) == (first.url.replace("p=0", "p=1"), WINDOW)
    empty = Response(second, 200, {}, ocds.body())
    assert watcher.read(empty, WINDOW[0]) == Page()


def test_a_publisher_that_ignores_the_number_is_not_read_for_ever():
    watcher = Ocds(url=f"{HOST}/r?p={{page}}")
    request = Request(f"{HOST}/r?p=1000", window=WINDOW)
    found = watcher.read(Response(request, 200, {}, ocds.body(*ONE)), WINDOW[0])
    assert (found.follow, found.complete) == ((), False)


@pytest.mark.parametrize(
    ("dates", "goes_on"),
    [
        (["2026-05-12", "2026-05-11"], True),
        (["2026-05-12", "2026-05-09"], True),
        (["2026-05-09", "2026-05-12"], True),
        (["2026-05-09", "2026-05-08"], False),
        (["2026-05-09", "soon"], True),
    ],
)
def test_the_newest_first_are_read_back_to_the_last_poll(dates: list[str], goes_on: bool):
    held = [ocds.release(id=f"{n}", date=date) for n, date in enumerate(dates)]
    body = {"releases": held, "links": {"next": "?x=2"}}
    address = f"{HOST}/latest?x=1"
    follow, complete, _ = after(body, address, url=address)
    assert (bool(follow), complete) == (goes_on, True)
    assert after(body, address)[0], "a window is read to its end, however old its releases"


@pytest.mark.parametrize("options", [{}, {"url": URL, "limit": 1}, {"url": f"{HOST}/?p={{page}}"}])
def test_a_file_has_no_next_page(options: dict[str, Any]):
    body = dump({"releases": ONE, "links": {"next": f"{HOST}/x?y=2"}})
    found = Ocds(**options).read(Response(Request("file:///drop/a.json"), 200, {}, body), WINDOW[0])
    assert (len(found.found), found.follow, found.complete) == (1, (), True)
