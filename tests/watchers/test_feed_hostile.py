"""Feeds that are broken, cut or meant to harm: what is whole is read, nothing is let in."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.contract import Page
from bot.errors import ReadError
from tests.watchers.feeds import URL, atom, entry, folder, item, page, rss, tombstone
from watchers import _feed_parser

HEAD = b'<rss version="2.0"><channel><title>x</title>'
TAIL = b"</channel></rss>"
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
)  # fmt: skip
OUTSIDE = b'<!ENTITY e SYSTEM "file:///etc/passwd">'
GIANT = 30_000_000


def told(found: Page) -> list[str]:
    """The titles of what could be read; a notice that could not stands as `!`."""
    said = []
    for one in found.found:
        try:
            said.append(one.load().facts.title or "")
        except ReadError as error:
            assert len(error.raw) <= 64 * 1024
            said.append("!")
    return said


def attempt(body: bytes) -> tuple[list[str], int] | None:
    """Titles and how many were set aside; None for a document that was refused. Never hangs."""
    begun = time.process_time()
    try:
        found = page(body)
        return told(found), len(found.faults)
    except ReadError:
        return None
    finally:
        assert time.process_time() - begun < 20


def described(text: bytes) -> bytes:
    return b"<item><guid>g</guid><title>t</title><description>" + text + b"</description></item>"


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'<!DOCTYPE r [<!ENTITY l0 "ha">' + LAUGHS + b"]>" + HEAD + described(b"&l9;") + TAIL,
         None),
        (b'<!DOCTYPE r [' + OUTSIDE + b"]>" + HEAD + described(b"&e;") + TAIL, None),
        (b'<!DOCTYPE r SYSTEM "https://evil.example/x.dtd">' + HEAD + TAIL, None),
        (b'<?xml version="1.0"?><!-- c --><!DOCTYPE rss>' + HEAD + TAIL, None),
        (HEAD + described(b"<!DOCTYPE r [" + OUTSIDE + b"]>&e;") + TAIL, ([], 1)),
        (HEAD + described(b"<![CDATA[<!DOCTYPE html><p>kept</p>]]>") + TAIL, (["t"], 0)),
        (HEAD + described(b"<a>" * 200_000 + b"</a>" * 200_000) + TAIL, ([], 1)),
        (HEAD + described(b"<a>" * 200_000) + TAIL, ([], 1)),
        (HEAD + b"<a>" * 200_000 + TAIL, None),
        (HEAD + described(b"x" * GIANT) + TAIL, (["t"], 0)),
        (HEAD + b"<item><title>t</title><guid>" + b"g" * GIANT + b"</guid></item>" + TAIL,
         (["t"], 0)),
        (HEAD + described(b"x" * 40_000_000) + TAIL, None),
        (HEAD + b"<item>" * 19_000 + TAIL, ([], 1)),
        (HEAD + b"<item>" * 200_000 + TAIL, None),
        (HEAD + b"<item><title>a<b></title></item>" * 5_000 + TAIL, (["a"], 1)),
        (HEAD + b"<item><title>t</title>" + b"<category>c</category>" * 50_000 + b"</item>" + TAIL,
         (["!"], 0)),
        (b"<rss " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"><channel>"
         + described(b"x") + TAIL, (["t"], 0)),
        (HEAD + b"<item><title>t</title><x "
         + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/></item>" + TAIL, (["!"], 0)),
        (HEAD + described(b"&lt;a " * 100_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"&lt;!-- " * 100_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"&lt;![CDATA[ " * 100_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"&lt;a b=&quot;" * 50_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"closing date " * 20_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"closing date" + b" ," * 50_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"deadline " + b"(" * 100_000) + TAIL, (["t"], 0)),
        (HEAD + described(b"CPV 45000000, " * 20_000) + TAIL, (["t"], 0)),
        (HEAD + b"<item><title>&#1114112;<b></title></item>" + TAIL, ([], 1)),
    ],
    ids=["laughs", "external-entity", "external-dtd", "late-dtd", "dtd-in-entry", "dtd-as-text",
         "deep", "deep-unclosed", "deep-feed", "giant-text", "giant-guid", "too-large", "unclosed",
         "unclosed-many", "broken-many", "categories", "attributes-of-root", "attributes", "tags",
         "comments", "declarations", "quotes", "labels", "commas", "brackets", "codes",
         "characters"],
)  # fmt: skip
def test_hostile_feeds(body: bytes, read: tuple[list[str], int] | None):
    assert attempt(body) == read


def test_cdata_does_not_end_an_entry():
    text = b"<![CDATA[</item><item><guid>evil</guid><title>e</title></item>]]>"
    assert told(page(HEAD + described(text) + TAIL)) == ["t"]


def test_a_file_or_an_address_is_never_opened(tmp_path):
    file = tmp_path / "feed.xml"
    file.write_bytes(rss(item()))
    for body in (bytes(file), f"{file}\n".encode(), f"file://{file}".encode()):
        with pytest.raises(ReadError):
            page(body)
        with pytest.raises(ReadError):
            _feed_parser.read(body.strip(), URL)


# ---------------------------------------------------------------- broken feeds


def test_what_breaks_off_is_incomplete_and_its_whole_entries_stand():
    body = rss(item("One", guid="1"), item("Two", guid="2"), item("Three", guid="3"))
    whole = {found.id for found in page(body).found}
    for end in range(len(body)):
        try:
            found = page(body[:end])
        except ReadError:
            continue
        assert not found.complete and "breaks off" in found.why
        assert {one.id for one in found.found} <= whole, "a half entry is no other version"
    assert len(page(body[: body.index(b"Three")]).found) == 2


def test_one_broken_entry_changes_nothing_for_the_others():
    good = item("One", "Deadline: 19 June 2026", guid="1"), item("Three", guid="3")
    broken = "<item><guid>2</guid><title>Two</title><description><p>a<br>b</description></item>"
    found = page(rss(good[0], broken, good[1]))
    assert found.complete
    assert {one.id for one in page(rss(*good)).found} < {one.id for one in found.found}
    assert told(found) == ["One", "Three", "Two"]
    assert "not well-formed" in found.found[2].load().remarks[0]


def test_the_language_and_the_next_page_of_a_broken_feed_are_seen():
    more = '<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="?a=1&amp;b=2"/>'
    found = page(
        rss(item(text="Deadline: 05/06/2026"), "<item><title>a<b></title></item>", more=more)
    )
    assert [request.url[-8:] for request in found.follow] == ["?a=1&b=2"]
    assert found.found[0].load().facts.deadlines


def test_the_ends_of_a_broken_feed_are_seen():
    body = atom(tombstone("tag:a,1"), entry("tag:a,2", more=folder()), "<entry><title>a<b></entry>")
    assert [one.record for one in page(body).found] == ["tag:a,2", "tag:a,1"]


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ("\n\n<?xml version='1.0'?>" + rss(item("A & B")).decode(), ["A & B"]),
        ("\ufeff" + rss(item("é")).decode(), ["é"]),
        (rss(item()).decode().replace("Grounds", "caf&eacute; &nbsp; &unknown;"), None),
        ("<?xml version='1.0' encoding='utf-16'?>" + rss(item("é")).decode(), ["é"]),
        ("<?xml version='1.0' encoding='klingon'?>" + rss(item("é")).decode(), ["é"]),
        (rss(item("a\x0bb\x00c")).decode(), ["abc"]),
    ],
)  # fmt: skip
def test_usual_slips_are_mended(body: str, titles: list[str] | None):
    found = page(body.encode())
    assert found.complete and not found.faults
    assert told(found) == (titles or ["café &unknown; maintenance"])


def test_bytes_in_another_encoding_than_declared():
    body = "<?xml version='1.0' encoding='utf-8'?>" + rss(item("Café – bar")).decode()
    assert told(page(body.encode("cp1252"))) == ["Café – bar"]


slow = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
PIECES = st.sampled_from(
    [b"<rss version='2.0'>", b"<channel>", b"</channel>", b"</rss>", b"<item>", b"</item>",
     b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"</feed>", b"<entry>", b"</entry>", b"<item/>",
     b"<title>", b"</title>", b"<guid>", b"</guid>", b"<link href='x' rel='next'/>", b"&", b"&amp;",
     b"&#0;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE x>", b"<?xml version='1.0'?>",
     b"<pubDate>", b"</pubDate>", b"2026-05-12", b"Deadline: 19 June 2026", b"CPV 45000000",
     b"<at:deleted-entry ref='x'/>", b"\xff", b"\x00", b"<", b">", b'"', b"<x y='", b"</"]
)  # fmt: skip


@slow
@given(st.lists(PIECES, max_size=40).map(b"".join))
@example(HEAD + b"<item>" + TAIL)
def test_pieces_in_any_order_are_read_or_refused(body: bytes):
    attempt(body)


@slow
@given(st.lists(PIECES, max_size=25).map(b"".join))
def test_anything_inside_a_feed_is_read_or_refused(body: bytes):
    attempt(HEAD + body + TAIL)


@slow
@given(st.binary(max_size=400))
def test_bytes_in_an_entry_are_read_or_refused(body: bytes):
    attempt(HEAD + described(body) + TAIL)
