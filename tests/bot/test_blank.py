"""Blanking: contacts go, everything else stays byte for byte, in JSON and in XML."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from time import process_time
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.blank import blank, blank_text, is_xml

SHARED = Path(os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[3] / "shared/data")

# ---------------------------------------------------------------- JSON

PAGE = rb"""{ "releases" : [ {"ocid":"ocds-h6vhtk-05e520", "id": "043273-2026",
  "value": {"amount": 1e9999, "b": 1.50, "c": -0, "amount": 12 }, "odd": "caf\xe9 \ud83d\ude00 \/",
  "parties": [{"name": "Northwick Borough Council", "identifier": {"id": "0000468109"},
    "contactPoint": {"name": "Jo \"J\" Bloggs", "email":"jo.bloggs@example.org",
      "telephone" : "+44 151 496 0000", "faxNumber": 1514960001, "url": "https://example.org/0151496"},
    "additionalContactPoints": [{"email": ["a@example.org", "b@example.org"], "name": null}]
  }],
  "date": "2026-06-12T09:00:00+01:00", 
  "description": "Write to:\njo@example.org or ring 0151 496 0002"
} ],"links":{"next":"https://example.org/x?cursor=0151496000212"}}
"""
BLANKED = rb"""{ "releases" : [ {"ocid":"ocds-h6vhtk-05e520", "id": "043273-2026",
  "value": {"amount": 1e9999, "b": 1.50, "c": -0, "amount": 12 }, "odd": "caf\xe9 \ud83d\ude00 \/",
  "parties": [{"name": "Northwick Borough Council", "identifier": {"id": "0000468109"},
    "contactPoint": {"name": "removed", "email":"removed",
      "telephone" : "removed", "faxNumber": 0, "url": "https://example.org/0151496"},
    "additionalContactPoints": [{"email": ["removed", "removed"], "name": null}]
  }],
  "date": "2026-06-12T09:00:00+01:00", 
  "description": "Write to:\nremoved or ring removed"
} ],"links":{"next":"https://example.org/x?cursor=0151496000212"}}
"""


def test_a_page_of_json_keeps_every_byte_but_its_contacts() -> None:
    body = PAGE.replace(rb"\xe9", b"\xe9")  # a byte that is no UTF-8
    assert blank(body) == BLANKED.replace(rb"\xe9", b"\xe9")
    assert blank(b"\xef\xbb\xbf" + body).startswith(b"\xef\xbb\xbf{ ")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("jo@example.org", "removed"),
        ("Jo <jo@example.org>, then", "Jo <removed>, then"),
        ("mailto:jo@example.org?subject=x", "mailto:removed?subject=x"),
        ("x?mail=jo%40example.org&y", "x?mail=removed&y"),
        ("jo&#64;example.org", "removed"),
        ("jo &#x40; example.org", "removed"),
        ("jo (at) example (dot) org.", "removed."),
        ("a (at) b (at) c", "removed"),
        ("jo＠example.org", "removed"),
        ("ends with jo@example.org.", "ends with removed."),
        ("a@b@c", "removed"),
        ("at @northwick", "at @northwick"),
        ("5 places @14k each", "5 places @14k each"),
        ("@example.org", "removed"),
        ("ring 0151 496 0000.", "ring removed."),
        ("ring (0151) 496-0000 now", "ring removed now"),
        ("ring 01514960000 now", "ring removed now"),
        ("ring +44 (0)151 496 0000 now", "ring removed now"),
        ("ring 0049 251 / 411-1691", "ring removed"),
        ("Tel: 496 000", "Tel: removed"),
        ("Fax no. 4960", "Fax no. 4960"),
        ("fax 496000 or", "fax removed or"),
        ("tel:+441514960000", "tel:removed"),
        ("0151 496 0000", "removed"),
        # None of these is anybody's number.
        ("2026-06-12T09:00:00+01:00", "2026-06-12T09:00:00+01:00"),
        ("on 12/06/2026 at 0900 12.06.2026", "on 12/06/2026 at 0900 12.06.2026"),
        ("bus at 0900 2026-06-12 from", "bus at 0900 2026-06-12 from"),
        ("notice 043273-2026 of", "notice 043273-2026 of"),
        ("2015/S 001-415646", "2015/S 001-415646"),
        ("5 000 000 EUR + 2 000 000 EUR", "5 000 000 EUR + 2 000 000 EUR"),
        ("£1,000,000.00 to £2,000,000", "£1,000,000.00 to £2,000,000"),
        ("CPV 85311000 and 85312000", "CPV 85311000 and 85312000"),
        ("ocds-r6ebe6-0000468109 is it", "ocds-r6ebe6-0000468109 is it"),
        ("GB-COH-01234567", "GB-COH-01234567"),
        ("0123456789", "0123456789"),
    ],
)
def test_what_is_shaped_like_a_contact(text: str, left: str) -> None:
    assert json.loads(blank(json.dumps({"x": text}, ensure_ascii=False).encode())) == {"x": left}
    assert json.loads(blank(json.dumps({"x": text}).encode())) == {"x": left}
    element = ET.Element("x", {"a": text})
    element.text = text
    read = ET.fromstring(blank(ET.tostring(element)))
    assert read.text == left
    if "@" in text:
        assert read.attrib["a"] == left


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (rb'["write\ncontact@example.org"]', rb'["write\nremoved"]'),
        (rb'["jo\u0040example.org"]', rb'["removed"]'),
        (rb'["\u006ao@example.org\u0020"]', rb'["removed\u0020"]'),
        (rb'{"jo@example.org": 1}', rb'{"removed": 1}'),
        (
            rb'{"email": "", "fax": " ", "phone": null}',
            rb'{"email": "", "fax": " ", "phone": null}',
        ),
        (rb'{"Email": "x", "y": "x"}', rb'{"Email": "removed", "y": "x"}'),
        (rb'{"contact": "Jo Bloggs", "name": "A"}', rb'{"contact": "removed", "name": "A"}'),
        (rb'{"contactPoint": {}, "name": "A"}', rb'{"contactPoint": {}, "name": "A"}'),
        (rb'{"a": [{"contactPoint": {"name": "B"', rb'{"a": [{"contactPoint": {"name": "removed"'),
        (rb'{"a": "cut off jo@example.org', rb'{"a": "cut off removed'),
        (rb'}}]] "jo@example.org"', rb'}}]] "removed"'),
        (b"", b""),
        (b"jo@example.org", b"removed"),
    ],
)
def test_odd_json(body: bytes, left: bytes) -> None:
    assert blank(body) == left


# ---------------------------------------------------------------- XML

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- by jo@example.org -->
<n:Notice xmlns:n="urn:x" xmlns:cbc='urn:y'><cbc:ID schemeName="notice-id">0151 4960000</cbc:ID>
 <n:Contact><cbc:Name> Jo Bloggs </cbc:Name><cbc:ElectronicMail>jo@example.org</cbc:ElectronicMail>
  <cbc:Telephone>+44 151&#32;496</cbc:Telephone><cbc:Telefax/></n:Contact>
 <cbc:Name>Northwick &amp; Co</cbc:Name><x title='&lt;jo@example.org>'/>
 <CONTACT_POINT><P>Jo</P> <P>Bloggs</P></CONTACT_POINT><E_MAIL><![CDATA[jo@example.org]]></E_MAIL>
 <P>Write: jo&#64;example.org &gt; <![CDATA[ring <b>0151 496 0000</b> now]]></P></n:Notice>"""
XML_BLANKED = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- by removed -->
<n:Notice xmlns:n="urn:x" xmlns:cbc='urn:y'><cbc:ID schemeName="notice-id">0151 4960000</cbc:ID>
 <n:Contact><cbc:Name> removed </cbc:Name><cbc:ElectronicMail>removed</cbc:ElectronicMail>
  <cbc:Telephone>removed</cbc:Telephone><cbc:Telefax/></n:Contact>
 <cbc:Name>Northwick &amp; Co</cbc:Name><x title='&lt;removed>'/>
 <CONTACT_POINT><P>removed</P> <P>removed</P></CONTACT_POINT><E_MAIL><![CDATA[removed]]></E_MAIL>
 <P>Write: removed &gt; <![CDATA[ring <b>removed</b> now]]></P></n:Notice>"""


def test_a_page_of_xml_keeps_every_byte_but_its_contacts() -> None:
    # The number alone under ID stays parted by a blank only where it is no telephone number.
    body = XML.replace(b"0151 4960000", b"01514960000")
    assert blank(body) == XML_BLANKED.replace(b"0151 4960000", b"01514960000")


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b"<a><Email>x", b"<a><Email>removed"),
        (b"<a>jo@example.org</b></a>", b"<a>removed</b></a>"),
        (b"<a><Phone>1</a><b>2</b>", b"<a><Phone>removed</a><b>2</b>"),
        (b"<a b='jo@example.org", b"<a b='removed"),
        (b"<a><![CDATA[jo@example.org", b"<a><![CDATA[removed"),
        (
            b"<!DOCTYPE a [<!ENTITY e 'jo@example.org'>]><a/>",
            b"<!DOCTYPE a [<!ENTITY e 'removed'>]><a/>",
        ),
        (b"\xef\xbb\xbf <a>jo@example.org</a>", b"\xef\xbb\xbf <a>removed</a>"),
    ],
)
def test_odd_xml(body: bytes, left: bytes) -> None:
    assert blank(body) == left


def test_an_encoding_in_which_nothing_is_found_is_refused() -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        with pytest.raises(ValueError, match="UTF-16"):
            blank('{"email": "jo@example.org"}'.encode(encoding))


def test_a_header_is_blanked_as_a_text() -> None:
    assert blank_text('"abc" from jo@example.org') == '"abc" from removed'


# ---------------------------------------------------------------- laws

words = st.sampled_from(
    ["Care", "jo@example.org", "0151 496 0000", "+44 151 496 0000", "043273-2026", "@", "\n", "\\",
     '"', "&", "<", "é", "😀", "2026-06-12T09:00:00Z", "tel", " ", ":", "%40", "x"]
)  # fmt: skip
texts = st.lists(words, max_size=6).map("".join) | st.text(max_size=12)
keys = st.sampled_from(
    ["name", "email", "contactPoint", "id", "telephone", "title", "x"]
) | st.text(st.characters(exclude_characters="@＠%&(["), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
ADDRESS = re.compile(r"[^\s/?=@<>\"'(),;:\[\]{}|\\&]@[^\s/?=@<>\"'(),;:\[\]{}|\\&]")


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value) in (str,)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for inner in value.values() for s in strings(inner)]
    if isinstance(value, list):
        return [s for inner in value for s in strings(inner)]
    return [value] if isinstance(value, str) else []


@settings(deadline=None)
@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_blanked_json_parses_to_the_same_structure_without_an_address(
    value: Any, ascii_: bool, indent: int | None
) -> None:
    body = json.dumps(value, ensure_ascii=ascii_, indent=indent).encode("utf-8", "surrogatepass")
    left = blank(body)
    read = json.loads(left.decode("utf-8", "surrogatepass"))
    assert shape(read) == shape(value)
    assert not any(ADDRESS.search(text.replace("%40", "@")) for text in strings(read))
    assert blank(left) == left


xml_text = texts.map(
    lambda text: re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
)


@st.composite
def elements(draw: st.DrawFn, deep: int = 3) -> ET.Element:
    tag = draw(
        st.sampled_from(["Notice", "Contact", "Name", "ElectronicMail", "P", "{urn:x}Telephone"])
    )
    made = ET.Element(tag, {"a": draw(xml_text)})
    made.text = draw(xml_text)
    for _ in range(draw(st.integers(0, 2 if deep else 0))):
        child = draw(elements(deep - 1))
        child.tail = draw(xml_text)
        made.append(child)
    return made


def test_a_letter_of_several_bytes_is_never_cut_in_two() -> None:
    """The second byte of these is a blank in Latin-1."""
    page = "<a>Frau Å@example.org, voilà jean à@example.org</a>".encode()
    assert blank(page).decode() == "<a>Frau removed, voilà jean removed</a>"


@settings(deadline=None)
@given(elements(), st.sampled_from(["us-ascii", "utf-8"]))
def test_blanked_xml_parses_to_the_same_structure_without_an_address(
    root: ET.Element, encoding: str
) -> None:
    body = ET.tostring(root, encoding=encoding)
    left = blank(body)
    read = ET.fromstring(left)
    assert [e.tag for e in read.iter()] == [e.tag for e in root.iter()]
    for element in read.iter():
        for text in (element.text, element.tail, element.attrib["a"]):
            assert not ADDRESS.search((text or "").replace("%40", "@"))
    assert blank(left) == left


@settings(deadline=None)
@given(st.binary(max_size=200) | st.from_regex(rb"[<{\[]?[\"<>{}\[\]:,@.a\\&;!-]*", fullmatch=True))
def test_any_bytes_are_blanked_and_then_stay(body: bytes) -> None:
    try:
        left = blank(body)
    except ValueError:
        return
    assert blank(left) == left
    assert is_xml(left) == is_xml(body)
    if b"@" not in body and not re.search(rb"\d|\\u|%40|&|\xef\xbc\xa0|at|AT", body):
        lower = body.lower()
        if not any(k in lower for k in (b"mail", b"phone", b"fax", b"contact", b"name", b"mobile")):
            assert left == body


@pytest.mark.parametrize(
    "piece",
    [
        "a", "a.", "a@", "@a.", "%40", "&#64;", "0", "0 ", "+1", "a (at) ", "(at", "tel ", "a ",
        "- ", "\\", "\\u0040", "<", "<a>x", "</a>", "<a '", "<!--", "<![CDATA[", "[", "{", "&", '"',
    ],
)  # fmt: skip
def test_a_page_made_to_exhaust_its_reader_is_blanked_in_linear_time(piece: str) -> None:
    """Half a second; what is quadratic takes minutes."""
    many = piece.encode() * (100_000 // len(piece))
    begun = process_time()
    for body in (b'{"x": "%b 012&"}' % many, b"<x>%b 012&</x>" % many, many, b"<a>%b" % many):
        blank(body)
        blank(body + b"</a>" * (len(many) // 4))
    assert process_time() - begun < 30


def test_real_pages_keep_their_structure_and_lose_every_address() -> None:
    if not SHARED.is_dir():
        pytest.skip("no real pages are here: set TENDERBELL_SHARED_DATA to their folder")
    paths = [*sorted(SHARED.glob("*/*.json"))[:60], *sorted(SHARED.glob("ted/*/**/*.xml"))[:60]]
    for path in paths:
        body = path.read_bytes()
        left = blank(body)
        assert not re.search(rb"\w@\w", left), path
        if path.suffix == ".json":
            read, was = (json.loads(b.decode("utf-8-sig", "replace")) for b in (left, body))
            assert shape(read) == shape(was), path
        else:
            read, was = ET.fromstring(left), ET.fromstring(body)
            assert [e.tag for e in read.iter()] == [e.tag for e in was.iter()], path
    assert len(paths) == 120
