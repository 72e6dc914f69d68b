"""Any publisher of OCDS: every shape of body, and what is broken in it."""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Page
from bot.errors import ReadError
from tests.watchers import ocds
from tests.watchers.publisher import HOST, compiled, dump, ids, page
from tests.watchers.test_json import REPAIRED, SET_ASIDE
from watchers import _json

IDS = [f"{n:06}-2026" for n in range(1, 12)]
MIDDLE = 5


def parts(write: str) -> list[str]:
    """Eleven releases, in the middle one of which `x` is written as given."""
    made = [
        json.dumps(ocds.release(id=id, ocid=f"ocds-h6vhtk-{id[:6]}", x="@"), ensure_ascii=False)
        for id in IDS
    ]
    made[MIDDLE] = made[MIDDLE].replace('"@"', write, 1)
    return made


def packed(*bodies: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(f"{number}.json", body)
    return made.getvalue()


def package(releases: list[str]) -> bytes:
    return ('{"uri":"x","releases":[' + ",\n".join(releases) + '],"version":"1.1"}').encode()


def records(releases: list[str], name: str) -> bytes:
    held = [f'{{"ocid":"ocds-h6vhtk-{id[:6]}","{name}":' for id in IDS]
    close = ["[%s]}" if name == "releases" else "%s}" for _ in IDS]
    made = [a + b % r for a, b, r in zip(held, close, releases, strict=True)]
    return ('{"uri":"x","records":[' + ",".join(made) + '],"links":{"next":""}}').encode()


SHAPES = {
    "package": package,
    "releases in records": lambda r: records(r, "releases"),
    "compiled in records": lambda r: records(r, "compiledRelease"),
    "list": lambda r: f"[{','.join(r)}]".encode(),
    "lines": lambda r: "\n".join(r).encode(),
    "lines of packages": lambda r: b"\n".join(package([one]) for one in r),
    "one after the other": lambda r: "".join(r).encode(),
    "pretty, one after the other": lambda r: (
        "\n\n".join(r).replace(', "tag"', ',\n "tag"').encode()
    ),
    "gzip": lambda r: gzip.compress(package(r)),
    "ZIP of packages": lambda r: packed(*(package([one]) for one in r)),
    "ZIP of a list": lambda r: packed(f"[{','.join(r)}]".encode()),
}
each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


@each_shape
@pytest.mark.parametrize("write", ['"fine"', *REPAIRED.values()], ids=["fine", *REPAIRED])
def test_a_value_that_can_be_left_out_costs_no_notice_in_any_shape(shape: Any, write: str):
    found = page(shape(parts(write)))
    assert ([f.load().id for f in found.found], found.faults, found.complete) == (IDS, (), True)


@each_shape
@pytest.mark.parametrize("write", SET_ASIDE.values(), ids=SET_ASIDE)
def test_a_release_that_cannot_be_decoded_costs_itself_alone_in_any_shape(shape: Any, write: str):
    found = page(shape(parts(write)))
    lost = [id for id in IDS if id not in [one.id for one in found.found]]
    assert lost in ([IDS[MIDDLE]], [])
    assert len(found.faults) >= len(lost)
    assert found.complete
    assert all(fault.why and len(fault.raw) <= _json.KEPT for fault in found.faults)


def test_what_was_left_out_is_said_in_records_too():
    for name in ("releases", "compiledRelease"):
        found = page(records(parts("1e9999"), name)).found[MIDDLE].load()
        assert found.remarks == ("a number out of range was left out: 1e9999",)


@each_shape
def test_latin_1_is_read_in_any_shape(shape: Any):
    body = shape(parts('"Müller"'))
    if body[:2] not in (b"\x1f\x8b", b"PK"):
        assert ids(body.replace("ü".encode(), b"\xfc")) == IDS


@pytest.mark.parametrize("name", ["package", "list", "releases in records", "compiled in records"])
def test_a_body_that_breaks_off_is_never_silently_short(name: str):
    body = SHAPES[name](parts('"fine"'))
    for size in range(0, len(body) - 1, 997):
        try:
            assert not page(body[:size]).complete
        except ReadError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"error": "rate limit exceeded"}, "rate limit exceeded"),
        ({"error": {"code": 7, "message": "no such window"}}, "no such window"),
        ({"version": "1.0", "uri": "/x", "status": 500, "message": "try later"}, "try later"),
        ({"uri": "/x"}, "no release package"),
        ({"releases": None}, "no list"),
        ({"records": {}}, "`records` is no list"),
        ([], "an empty list, which may mean anything"),
        ([{"error": "x"}], "no releases"),
        ([1], "no releases: no release but 1"),
    ],
    ids=str,
)
def test_what_holds_no_release_is_a_read_error_that_says_why(body: Any, why: str):
    with pytest.raises(ReadError, match=why):
        page(dump(body))


@pytest.mark.parametrize("body", [b'{"a":[\n{"b":[', b'{"ocid":[\n{"ocid":[\n{"ocid":['])
def test_what_looks_like_lines_and_is_torn_is_taken_apart_once(body: bytes):
    with pytest.raises(ReadError):
        page(body)


def test_lines_that_are_no_releases_at_all_are_no_page():
    with pytest.raises(ReadError, match="without `releases`"):
        page(dump({"level": "info"}, {"level": "error"}))


def test_nothing_published_is_said_in_more_than_one_way():
    for body in ({"uri": "/x", "version": "1.1"}, {"releases": []}, {"records": []}):
        assert page(dump(body)) == Page()
    assert page(b"[]", releases="[]") == Page()
    assert page(dump({"payload": {"content": None}}), releases="payload.content") == Page()
    assert page(packed()) == Page()


@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("data", {"data": ["@"]}),
        ("/data/rows", {"data": {"rows": ["@"]}}),
        ("data.rows[]", {"data": {"rows": ["@"]}}),
        ("records[].compiledRelease", {"records": [{"compiledRelease": "@", "releases": [1]}]}),
        ("records[].releases[]", {"records": [{"compiledRelease": 1, "releases": ["@"]}]}),
        ("items[].release", {"items": [{"release": "@"}]}),
        ("one", {"one": "@"}),
        ("[]", ["@"]),
    ],
)
@pytest.mark.parametrize("x", ['"fine"', "1e9999", "000"])
def test_the_way_to_the_releases_may_be_given(way: str, body: Any, x: str):
    one = json.dumps(ocds.release(x="@")).replace('"@"', x)
    assert ids(json.dumps(body).replace('"@"', one).encode(), releases=way) == ["000101-2026"]


def test_what_is_missing_on_the_way_is_set_aside_or_no_page():
    body = dump({"records": [{"compiledRelease": ocds.release()}, {"ocid": "x"}, 7]})
    found = page(body, releases="records[].compiledRelease")
    assert (len(found.found), [fault.raw for fault in found.faults]) == (1, ['{"ocid": "x"}', "7"])
    with pytest.raises(ReadError, match="without `releases`"):
        page(body, releases="payload.content")


def test_linked_releases_are_not_followed_and_the_compiled_one_is_read():
    link = {"url": f"{HOST}/1.json", "date": "2026-05-01T00:00:00Z", "tag": ["tender"]}
    whole = ocds.release(id="r1")
    record = {"ocid": "ocds-abc123-1", "compiledRelease": compiled("c1")}
    for held, expected in (
        ({"releases": [link]}, ["c1-2026-05-12T08:00:00Z"]),
        ({"releases": [link, whole]}, ["c1-2026-05-12T08:00:00Z"]),
        ({"releases": [whole]}, ["r1"]),
        ({"releases": []}, ["c1-2026-05-12T08:00:00Z"]),
    ):
        found = page(dump({"records": [record | held]}))
        assert [one.id for one in found.found] == expected
        assert found.follow == ()
        assert ids(dump(record | held)) == expected, "a record by itself"
    half = page(dump({"records": [{"ocid": "x", "releases": [link, whole]}]}))
    assert [one.id for one in half.found] == ["r1"]


NAMES = st.sampled_from(
    ["ocid", "id", "tag", "date", "releases", "records", "compiledRelease", "url", "uri", "version"]
)
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_any_json_is_a_page_or_a_read_error(value: Any):
    for body in (json.dumps(value), json.dumps([value, value]), f"{json.dumps(value)} NaN"):
        try:
            found = page(body.encode())
        except ReadError:
            continue
        for one in found.found:
            try:
                assert one.load().id == one.id
            except ReadError:
                continue


HEADS = (
    '{"releases":[{"ocid":"a","x":',
    '{"records":[{"ocid":"a","releases":[{"ocid":"a","x":',
    '[{"ocid":"a","compiledRelease":{"x":',
    '{"ocid":"a","x":',
)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "filler", ['"', "]", "[{", " ,", "}{", '}\n{"uri":', ',{"ocid":', '"a":"b",']
)
def test_hostile_bodies_of_any_shape_take_no_time(head: str, filler: str):
    begin = time.perf_counter()
    for tail in ("", "]}", "]}]}"):
        try:
            found = page((head + filler * (60_000 // len(filler)) + tail).encode())
        except ReadError:
            continue
        for one in found.found[:100]:
            with suppress(ReadError):
                one.load()
    assert time.perf_counter() - begin < 10


def test_more_documents_than_any_publisher_has_are_refused():
    with pytest.raises(ReadError, match="more than 100,000 documents"):
        page(b"{}\n" * 100_001)
