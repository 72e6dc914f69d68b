"""XML that anyone may have sent is read, mended or refused; never obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ReadError
from watchers import _xml

LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(10)
)
DTDS = {
    "billion laughs": f"<!DOCTYPE a [{LAUGHS}]><a>&l9;</a>",
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/">%p;]><a/>',
    "empty": "<!DOCTYPE a><a/>",
    "web page": "<!DOCTYPE html><html><body>Down</body></html>",
    "declared": '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "behind a comment": "<!-- <a> --><!-- - --><?go?><!DOCTYPE a><a/>",
    "behind blanks": " \n\t<!DOCTYPE a><a/>",
    "split by a control character": '<\x01!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", DTDS.values(), ids=DTDS)
def test_a_dtd_is_refused_whatever_hides_it(text: str, encoding: str):
    with pytest.raises(ReadError, match="DTD") as refused:
        _xml.root(text.encode(encoding))
    assert len(refused.value.raw) > 5


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"plain words", "no XML"),
        (b'{"a": 1}', "no XML"),
        (b"<a><b></a>", "not XML"),
        (b"<a>", "not XML"),
        (b"<a/><b/>", "not XML"),
        (b"<!-- only a comment -->", "no XML"),
        (b"<a>" * 50_000, "not XML"),
        (b"<a>" * 101 + b"</a>" * 101, "deeper than 100"),
        (b"<a>" + b"<b/>" * 1_000_001 + b"</a>", "tags"),
        (b"<a>" + b" " * _xml.MOST_BYTES + b"</a>", "bytes"),
        (b"<a>&undefined</a><", "not XML"),
        (b"\xff\xfe\x00", "XML"),
    ],
)
def test_what_is_no_xml_is_never_no_news(body: bytes, why: str):
    with pytest.raises(ReadError, match=why) as refused:
        _xml.root(body)
    assert len(refused.value.raw) <= 64 * 1024


def test_a_hundred_elements_deep_are_read():
    assert _xml.root(b"<a>" * 100 + b"</a>" * 100).tag == "a"


TOWN = "<a>Gravesend – “Übersee” €</a>"


@pytest.mark.parametrize(
    "body",
    [
        TOWN.encode(),
        TOWN.encode("utf-8-sig"),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{TOWN}'.encode(),
        f'<?xml version="1.0" encoding="UTF-8"?>{TOWN}'.encode("cp1252"),
        f"<?xml version='1.0' encoding='windows-1252'?>{TOWN}".encode("cp1252"),
        f'<?xml version="1.0" encoding="utf-16"?>{TOWN}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="utf-8"?>{TOWN}'.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="punycode"?>{TOWN}'.encode("cp1252"),
        f'<?xml version="1.0" encoding="no-such"?>{TOWN}'.encode("cp1252"),
        f'\n <?xml version="1.0"?>{TOWN}'.encode(),
    ],
)
def test_a_wrong_or_missing_declaration_is_put_right(body: bytes):
    assert _xml.root(body).text == "Gravesend – “Übersee” €"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Roe &amp; Poe &#65;&#x42;&lt;", "Roe & Poe AB<"),
        ("Roe & Poe", "Roe & Poe"),
        ("caf&eacute;&nbsp; &nosuch;", "café\xa0 &nosuch;"),
        ("a\x0bb\x00c\x1f", "abc"),
        ("&LT;b&GT;&", "&LT;b>&"),
    ],
)
def test_slips_are_mended(written: str, read: str):
    assert _xml.root(f"<a>{written}</a>".encode()).text == read


def test_a_doctype_in_a_text_is_only_text():
    found = _xml.root(b"<a><![CDATA[<!DOCTYPE html><p>]]><!-- <!DOCTYPE b> --></a>")
    assert found.text == "<!DOCTYPE html><p>"


def test_names_without_their_namespaces():
    found = _xml.root(b'<n:a xmlns:n="urn:n"><b xmlns="urn:b"><n:c/><c/></b></n:a>')
    assert _xml.local(found) == "a" and found.tag == "{urn:n}a"
    assert [each.tag for each in _xml.bare(found).iter()] == ["a", "b", "c", "c"]


def test_steps_down_a_tree():
    tree = _xml.root(b"<a><b><c> x </c><c/></b><b><c>y</c></b></a>")
    assert _xml.text(_xml.at(tree, "b", "c")) == "x"
    assert _xml.at(tree, "b", "d", "c") is None and _xml.text(None) == ""
    assert _xml.texts(_xml.every(tree, "b", "c")) == ["x", "y"]
    assert _xml.every(None, "b") == []


def test_paragraphs_are_lines():
    said = _xml.root(b"<t><P>one\n  <FT>two</FT></P>\n<P/><P>three</P></t>")
    assert _xml.prose(said) == "one two\nthree"
    assert _xml.prose(_xml.root(b"<t> a\n b </t>")) == "a b"
    assert _xml.prose(None) == ""


@given(body=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_are_read_or_refused(body: bytes):
    try:
        found = _xml.root(body)
    except ReadError as error:
        assert str(error)
    else:
        assert found.tag
