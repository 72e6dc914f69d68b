"""Broken pages: what is broken costs at most its own notice, and a page is never silently short."""

from __future__ import annotations

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Page
from bot.errors import ReadError
from tests.watchers import ocds
from watchers import _json

IDS = [f"{n:06}-2026" for n in range(1, 100)]


def many(place: int, write: str, *, mark: str = "@") -> bytes:
    """A page of 99 releases, so not a full one; in one of them `x` is written as given."""
    releases = [ocds.release(id=id, ocid=f"ocds-h6vhtk-{id[:6]}", x=mark) for id in IDS]
    parts = [json.dumps(r) for r in releases]
    parts[place] = parts[place].replace(json.dumps(mark), write, 1)
    return ('{"uri":"x","releases":[' + ",\n".join(parts) + '],"links":{"next":""}}').encode()


def told(page: Page) -> tuple[list[str], list[str]]:
    return [f.load().id for f in page.found], [f.id for f in page.faults]


REPAIRED = {
    "infinite": "1e9999",
    "not a number": "NaN",
    "infinity": "-Infinity",
    "zeros": " 000",
    "grouped": "1 000",
    "a word": "none",
    "huge": "1" * 5000,
    "huge fraction": "1." + "1" * 5000 + "e400",
    "surrogate": r'"\ud800"',
    "surrogate pair": r'"\ud83d\udd14"',
    "NUL": r'"\u0000"',
    "line break": '"a\nb"',
    "duplicate keys": '{"a":1,"a":2}',
    "text where an object was promised": '"text"',
}


@pytest.mark.parametrize("write", REPAIRED.values(), ids=REPAIRED)
@pytest.mark.parametrize("place", [0, 50, 98])
def test_a_value_that_can_be_left_out_costs_no_notice(write: str, place: int):
    assert told(ocds.page(many(place, write))) == (IDS, [])


SET_ASIDE = {
    "deep": "[" * 100_000 + "]" * 100_000,
    "never closed": "[" * 100,
    "closed twice": "]}",
    "half a string": '"a',
    "quotes inside": '"The "best" offer"',
    "nothing": "",
    "bad escape": r'"\x"',
}


@pytest.mark.parametrize("write", SET_ASIDE.values(), ids=SET_ASIDE)
@pytest.mark.parametrize("place", [0, 50, 97])
def test_a_release_that_cannot_be_decoded_is_set_aside_alone(write: str, place: int):
    page = ocds.page(many(place, write))
    found, faults = told(page)
    assert [id for id in IDS if id not in found] in ([IDS[place]], [])
    assert IDS[place] in faults or IDS[place] in found
    assert all(fault.why and len(fault.raw) <= _json.KEPT for fault in page.faults)


@pytest.mark.parametrize("write", ["[" * 100, '"a'], ids=["never closed", "half a string"])
def test_a_last_release_that_never_closes_leaves_the_page_s_end_in_doubt(write: str):
    page = ocds.page(many(98, write))
    assert told(page) == (IDS[:98], [IDS[98]])
    assert "unsure where the page ends" in page.why
    assert not page.complete


def test_a_remark_says_what_was_left_out():
    page = ocds.page(ocds.body(ocds.release(x="@")).replace(b'"@"', b"1e9999"))
    assert page.found[0].load().remarks == ("a number out of range was left out: 1e9999",)


def test_a_known_notice_is_not_decoded():
    """A release whose middle cannot be decoded is identified all the same."""
    page = ocds.page(ocds.body(ocds.release(zz="@")).replace(b'"@"', b"1e9999"))
    assert [(f.record, f.id) for f in page.found] == [("ocds-h6vhtk-0a0001", "000101-2026")]


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ("Café".encode(), "Café"),
        ("Café".encode("latin-1"), "Café"),
        (b"5\x80 \x93best\x94 \x81", "5€ “best” \x81"),
        ("£5 ".encode() + b"\xa35", "£5 £5"),
    ],
)
def test_stray_bytes_are_read_beside_good_utf8(data: bytes, title: str):
    page = ocds.page(ocds.body(ocds.release({"title": "@"})).replace(b"@", data))
    assert page.found[0].load().facts.title == title


def test_byte_order_mark_and_nul_are_taken_off():
    page = ocds.page(
        b"\xef\xbb\xbf" + ocds.body(ocds.release({"title": "A@B"})).replace(b"@", b"\0")
    )
    assert page.found[0].load().facts.title == "AB"


def test_escaped_nul_and_surrogates_never_reach_the_notice():
    title = r"A\u0000B \ud800 \ud83d\udd14 \\ud800"
    page = ocds.page(ocds.body(ocds.release({"title": "@"})).replace(b"@", title.encode()))
    assert page.found[0].load().facts.title == "AB � 🔔 \\ud800"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><p>Down for maintenance", "web page"),
        (b"null", "NoneType"),
        (b"[]", "list"),
        (b'{"message":"no"}', "without `releases`"),
        (b'{"releases":null}', "no list"),
        (b'{"releases":{}}', "no list"),
        (b'{"releases":[{"ocid":"a"', "breaks off"),
        (b'{"releases":[', "breaks off"),
    ],
)
def test_what_is_no_package_is_a_read_error_that_says_why(data: bytes, why: str):
    with pytest.raises(ReadError, match=why):
        ocds.page(data)


def test_an_empty_package_is_no_news():
    page = ocds.page(b'{"publishedDate":"","releases":[]}')
    assert (page.found, page.faults, page.complete) == ((), (), True)


@pytest.mark.parametrize("tail", [b" x", b"{}", b"\0\0}", b',"a":]}'])
def test_something_behind_the_page_leaves_it_incomplete(tail: bytes):
    page = ocds.page(ocds.body(ocds.release()) + tail)
    assert len(page.found) == 1
    assert not page.complete


def test_links_are_found_beside_a_broken_release():
    link = {"next": f"{ocds.FTS}/api?cursor=b"}
    for data in (
        ocds.body(ocds.release(x="@"), links=link),
        json.dumps({"links": link, "releases": [ocds.release(x="@")]}).encode(),
    ):
        page = ocds.page(data.replace(b'"@"', b"NaN"))
        assert [r.url for r in page.follow] == [f"{ocds.FTS}/api?cursor=b"]
        assert page.complete


@pytest.mark.parametrize("entry", ["null", '"text"', "[1]", "7", "{}"])
@pytest.mark.parametrize("broken", ["", "NaN"])
def test_an_entry_that_is_no_release_is_set_aside(entry: str, broken: str):
    one = json.dumps(ocds.release(x="@")).replace('"@"', broken or '"@"')
    page = ocds.page(f'{{"releases":[{entry},{one}]}}'.encode())
    assert len(page.found) == 1
    assert [fault.raw for fault in page.faults] == [entry]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_json_holds_is_decoded_without_numbers_out_of_range(value: object):
    decoded, _ = _json.decode(json.dumps(value).encode())
    assert all(math.isfinite(number) for number in numbers(decoded))


def numbers(value: object) -> list[float]:
    if isinstance(value, float):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [number for item in inner for number in numbers(item)]


@given(st.lists(VALUES, max_size=6))
def test_the_tolerant_scanner_finds_the_entries_that_the_parser_finds(entries: list[object]):
    text = json.dumps({"a": ["]"], "releases": entries, "links": {"next": "n"}})
    split = _json.scan(text)
    assert [json.dumps(json.loads(bytes(p))) for p in split.pieces] == [*map(json.dumps, entries)]
    assert split.next == "n"


@pytest.mark.parametrize(
    "filler", ['\\"', '"', ',{"a":"', "]", "}]", "[{", " ", ",", '{"ocid":', "1 ", '"links":']
)
def test_hostile_pages_take_no_time(filler: str):
    begin = time.perf_counter()
    text = '{"releases":[{"ocid":"a","id":"b","x":' + filler * (300_000 // len(filler))
    for data in (text, text + "]}", text + '"}]}'):
        try:
            page = ocds.page(data.encode())
        except ReadError:
            continue
        for found in page.found:
            try:
                found.load()
            except ReadError:
                continue
    assert time.perf_counter() - begin < 10
