"""Archives of releases: what is in them, and what is built to exhaust."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from bot.errors import ReadError
from tests.watchers import ocds
from tests.watchers.publisher import ids, page
from watchers import _unpack


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, data in members:
            opened.writestr(name, data)
    return made.getvalue()


BODY = ocds.body(ocds.release())
TOO_MUCH = {
    "gzip": gzip.compress(b"[" + b" " * _unpack.LIMIT + b"]"),
    "gzip in parts": gzip.compress(b" " * (_unpack.LIMIT // 2 + 1)) * 2,
    "one file": archive(("a.json", b" " * (_unpack.LIMIT + 1))),
    "many files": archive(*((f"{n}.json", b" " * 2**20) for n in range(65))),
    "a bomb that is small enough": archive(("a.json", b" " * 2**24)),
}


@pytest.mark.parametrize("body", TOO_MUCH.values(), ids=TOO_MUCH)
def test_an_archive_built_to_exhaust_is_refused(body: bytes):
    with pytest.raises(ReadError, match="unpacks to more than"):
        page(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (gzip.compress(BODY)[:-9], "breaks off"),
        (gzip.compress(BODY)[:20] + b"x" * 20, "gzip"),
        (gzip.compress(BODY) + b"junk", "gzip is damaged"),
        (gzip.compress(gzip.compress(BODY)), "another archive"),
        (gzip.compress(archive(("a.json", BODY))), "another archive"),
        (archive(("a.json", archive(("b.json", BODY)))), "another archive"),
        (archive(("a.json", BODY))[:-9], "breaks off"),
        (archive(("a.csv", b"a,b")), "no JSON file"),
        (archive(("a.json", BODY), method=zipfile.ZIP_BZIP2), "packed by method 12"),
        (archive(("a.json", b"<html>")), "a web page came"),
        (archive(*((f"{n}", b"{}") for n in range(_unpack.MEMBERS + 1))), "more than 10,000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_that_cannot_be_read_says_why(body: bytes, why: str):
    with pytest.raises(ReadError, match=why):
        page(body)


def test_a_bad_file_of_an_archive_costs_itself_alone():
    encrypted = bytearray(archive(("a.json", BODY), ("b.json", b"{}")))
    place = encrypted.rindex(b"PK\x01\x02")
    encrypted[place + 8] |= 1
    for body in (
        archive(("a.json", BODY), ("b.json", b'{"releases":[{"oc')),
        archive(("a.json", BODY), ("b.json", gzip.compress(BODY))),
        archive(("a.json", BODY), ("b.json", b'{"error":"x"}')),
        bytes(encrypted),
    ):
        found = page(body)
        assert [one.id for one in found.found] == ["000101-2026"]
        assert [fault.why.startswith("b.json: ") for fault in found.faults] == [True]


def test_what_lies_beside_the_releases_in_an_archive_is_passed_over():
    names = ("x/.b.json", "__MACOSX/x/a.json", "c.xml")
    body = archive(("x/a.json", BODY), *((name, b"?") for name in names), ("d/", b""))
    assert ids(body) == ["000101-2026"]
