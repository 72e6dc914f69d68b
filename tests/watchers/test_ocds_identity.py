"""Who a release is: its ocid, its id, its page, its date."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import ReadError
from tests.make import at
from tests.watchers import ocds
from tests.watchers.ocds import cf, notice, release


def ids(*releases: Any) -> list[tuple[str, str]]:
    return [(f.record, f.id) for f in ocds.page(ocds.body(*releases)).found]


def test_the_order_of_members_does_not_matter():
    found = release()
    shuffled = dict(reversed(found.items()))
    assert ids(shuffled) == ids(found) == [("ocds-h6vhtk-0a0001", "000101-2026")]


def test_inner_identifiers_are_not_the_release_s():
    found = release(ocid=None, id=None)
    odd = {"relatedProcesses": [{"ocid": "ocds-other-1", "id": "9"}], **found}
    assert ids({**odd, "id": "000101-2026", "ocid": "ocds-h6vhtk-0a0001"}) == [
        ("ocds-h6vhtk-0a0001", "000101-2026")
    ]


def test_a_release_without_an_id_has_its_document_s():
    assert ids(release(id=None)) == [("ocds-h6vhtk-0a0001", "000101-2026")]


def test_a_release_without_any_id_is_told_by_what_it_says():
    one = release({"documents": []}, id=None)
    other = release({"documents": [], "title": "Other"}, id=None)
    again = dict(reversed(one.items()))
    (first, second) = ids(one, other)
    assert first != second
    assert ids(again) == [first]


@pytest.mark.parametrize("ocid", ["ocds-b5fd17-", "", None, 7.5, [], {}, "x" * 500])
def test_a_release_without_a_usable_ocid_is_set_aside(ocid: object):
    page = ocds.page(ocds.body(release(id="000102-2026"), {**release(), "ocid": ocid}))
    assert [f.id for f in page.found] == ["000102-2026"]
    assert [f.id for f in page.faults] == ["000101-2026"]


def test_a_duplicate_on_the_page_is_one_notice():
    assert ids(release(), release()) == [("ocds-h6vhtk-0a0001", "000101-2026")]


def test_the_page_for_people_is_built_from_the_id_never_taken_from_the_source():
    evil = [{"id": "000101-2026", "noticeType": "UK4", "url": "https://evil.example/"}]
    assert notice(release({"documents": evil})).facts.url == f"{ocds.FTS}/Notice/000101-2026"
    assert notice(release(id="../x")).facts.url is None
    assert notice(cf()).facts.url == f"{ocds.CF}/Notice/{ocds.UUID}"


@pytest.mark.parametrize("date", [None, "soon", 7, "", "0000-00-00T00:00:00Z"])
def test_without_a_date_the_notice_document_s_is_taken(date: object):
    own = {"id": "000101-2026", "noticeType": "UK4", "datePublished": "2026-05-12T09:00:00Z"}
    found = release({"documents": [own]})
    assert notice({**found, "date": date}).published == at("2026-05-12T09:00")
    with pytest.raises(ReadError, match="publication date") as error:
        notice({**release(), "date": date})
    assert "0a0001" in error.value.raw
