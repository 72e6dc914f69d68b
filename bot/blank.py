"""Blanks contacts in a portal's page: persons' names, e-mail addresses, telephone numbers. Pure.

Only the bytes of a contact are replaced, by `removed`; every other byte stays, so that a page kept
as a fixture has the spacing, the order of keys, the numbers and the odd bytes of the real one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, islice

REMOVED = b"removed"
_BYTES = "latin-1"  # for what is not UTF-8: a character for each byte

# ---------------------------------------------------------------- what a contact looks like

# `@` itself, in a URL, in HTML within JSON, and the wide one of East Asian keyboards in UTF-8.
_AT = r"(?:@|%40|&#0*64;|&#[xX]0*40;|&commat;|\uff20|\xef\xbc\xa0)"
_OUT = r"\s/?=@\uff20<>\"'(),;:\[\]{}|\\&"  # what parts an address from what stands around it
# Possessive, and only from where a run begins: a megabyte of letters is read once, not at each.
_LOCAL = rf"(?:(?!%40|\xef\xbc\xa0)[^{_OUT}])++"
_WORDS = r"(?<![\w.+-])[\w.+-]++"
_ADDRESS = re.compile(
    # Anything at anything: a meeting's number, too.
    rf"(?:(?<![^{_OUT}])|(?<=%40)|(?<=\xef\xbc\xa0)){_LOCAL}(?:{_AT}++{_LOCAL})+"
    rf"|(?:{_WORDS}[ \xa0]*+)?{_AT}[ \xa0]*+[\w-]++(?:\.[\w-]++)+"
    rf"|{_WORDS} ?[(\[] ?(?:at|AT) ?[)\]] ?[\w-]++(?:(?:\.| ?[(\[] ?dot ?[)\]] ?)[\w-]++)*"
)
_GAP = r"[ \xa0.()\u2010-\u2015-]{0,3}"  # between two digits of a number as people write it
_GAPS = rf"(?:{_GAP}| / )"
_START = r"(?<![\w.,/=#&+-])(?<!/S )"  # the Official Journal numbers its notices 2015/S 001-415646
_END = r"(?![-/.]?\w)"
_PHONE = re.compile(
    rf"{_START}(?:"
    rf"\+\d(?:{_GAPS}\d){{6,16}}"  # international
    rf"|\(?00{_GAP}[1-9](?:{_GAPS}\d){{6,14}}"
    # National: ten or eleven digits, the first a zero. A notice's number, 043273-2026, is none.
    rf"|\(?0(?!\d{{5,8}}-(?:19|20)\d\d(?!\d))(?=[1-9])\d(?:{_GAPS}\d){{8,9}}"
    rf"){_END}"
    # Named as one, however short.
    rf"|(?i:(?<![^\W_])(?:telephone|phone|tel|telefax|fax|mobile|mob)(?:\s?(?:no|number))?)"
    rf"\.?\s?:?\s?[+(]?\d(?:{_GAPS}\d){{4,16}}(?!\w)"
)
_WORD = re.compile(r"[^\W\d_]+(?:\s?(?:no|number))?\.?\s?:?\s?", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)\d{1,2}([./-])\d{1,2}\1\d{4}(?!\d)|(?<!\d)(?:19|20)\d\d-\d\d(?!\d)")
# Without a blank, a text is the number, the code or the address of something, and must stay.
_BLANK, _LETTER = re.compile(r"\s"), re.compile(r"[^\W\d_]")
_ALONE = re.compile(r"(?:tel:\+?|\+)[\d ().-]+|\(?0\d+\)? [\d ]+")
_SUSPECT = re.compile(rb"@|%40|\\u|&|\xef\xbc\xa0|[(\[] ?(?:at|AT) ?[)\]]|\d\D{0,3}\d\D{0,3}\d")
# ---------------------------------------------------------------- where contacts stand

# Keys of JSON, in lower case: whatever they hold, in the contact of somebody or anywhere.
_CONTACTS = frozenset(
    {"contactpoint", "additionalcontactpoints", "contact", "contacts", "contactdetails"}
)
_PERSONAL = frozenset({"name", "contactname", "firstname", "lastname", "surname", "title"})
_ANYWHERE = frozenset(
    {
        "contactname", "email", "emailaddress", "contactemail", "telephone", "telephonenumber",
        "contacttelephone", "phone", "phonenumber", "mobile", "fax", "faxnumber", "contactfax",
    }
)  # fmt: skip
# Elements of XML without their prefix, in lower case: eForms, the old TED schemas, feeds.
_ELEMENTS = frozenset(
    {
        "electronicmail", "telephone", "telefax", "e_mail", "e_mails", "email", "mail", "phone",
        "fax", "mobile", "contact_point", "attention", "member_name", "contactname", "familyname",
        "firstname", "middlename",
    }
)  # fmt: skip
# … and those that name somebody only within a contact.
_PERSONS = frozenset({"name", "jobtitle"})
_WITHIN = frozenset({"contact", "contactdetails", "contact_data", "technicalcommitteeperson"})


def blank(body: bytes) -> bytes:
    """The page with its contacts removed, JSON or XML by what it begins with.

    ValueError where its encoding is none that ASCII can be read in (UTF-16): nothing could be
    found in it, so nothing may be kept.
    """
    if b"\x00" in body[:4] or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("the page is encoded as UTF-16 or UTF-32, in which contacts are not found")
    return _xml(body) if is_xml(body) else _json(body)


def blank_text(text: str) -> str:
    """A single text, such as a header's value, without what is shaped like a contact."""
    raw = text.encode(_BYTES, "replace")
    return _shapes(raw, _NOTHING, _xml_said).decode(_BYTES)


def is_xml(body: bytes) -> bool:
    """Whether a page is XML (or HTML), not JSON."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


# ---------------------------------------------------------------- JSON

_NOTHING = re.compile(rb"(?!)")  # no escapes at all
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\],]|[^\s"{}\[\],:]+', re.DOTALL)
_OPEN = re.compile(rb'"(?:[^"\\]|\\.)*+\\?', re.DOTALL)
_COLON = re.compile(rb"\s*:")
_NUMBER = re.compile(rb"-?\d[\d.eE+-]*")
_JSON_ATOM = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _json(body: bytes) -> bytes:
    pieces: list[bytes] = []
    around: list[bytes] = []  # the key under which each open object or array stands
    contacts = 0  # how many of them are somebody's contact
    key, done = b"", 0
    for token in _TOKEN.finditer(body):
        text = token[0]
        if text in (b"{", b"["):
            around.append(key)
            contacts += key in _KEYS
        elif text in (b"}", b"]"):
            left = around.pop() if around else b""
            contacts -= left in _KEYS
            key = around[-1] if around else b""
        elif text == b",":
            key = around[-1] if around else b""
        else:
            now, is_key = _json_token(body, token, key, within=contacts > 0)
            if is_key:
                key = text[1:-1].lower()
            pieces += (body[done : token.start()], now)
            done = token.end()
    pieces.append(body[done:])
    return b"".join(pieces)


_KEYS = frozenset(key.encode() for key in _CONTACTS)


def _json_token(
    body: bytes, token: re.Match[bytes], key: bytes, *, within: bool
) -> tuple[bytes, bool]:
    """What stands for a token, and whether it is the key of what follows."""
    text = token[0]
    name = key.decode(_BYTES)
    whole = name in _ANYWHERE or name in _CONTACTS or (within and name in _PERSONAL)
    if not text.startswith(b'"'):
        if _NUMBER.fullmatch(text):
            return (b"0" if whole else text), False
        return _shapes(text, _NOTHING, _json_said), False
    # A string that never ends: the page was cut off.
    cut = token.end() == len(body) and _OPEN.fullmatch(text) is not None
    inner, end = (text[1:], b"") if cut else (text[1:-1], b'"')
    is_key = _COLON.match(body, token.end()) is not None
    if whole and not is_key and inner.strip():
        return b'"' + REMOVED + end, False
    return b'"' + _shapes(inner, _JSON_ATOM, _json_said) + end, is_key


def _json_said(atom: bytes) -> str:
    text = atom[1:].decode(_BYTES)
    return chr(int(text[1:], 16)) if len(text) == 5 else _CONTROLS.get(text, text)


# ---------------------------------------------------------------- XML

_MARKUP = re.compile(
    rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
    rb"|<(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>?",
    re.DOTALL,
)
_NAME = re.compile(rb"</?\s*(?:[\w.-]+:)?([\w.-]+)")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_XML_ATOM = re.compile(rb"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,31});")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\xa0"}
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"


class _Open:
    """The elements that are open at a place, counted: a page may nest as deep as it is long."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._count: Counter[str] = Counter()

    def open(self, name: str) -> None:
        self._names.append(name)
        self._count[name] += 1

    def close(self, name: str) -> None:
        """As a reader that forgives: what was left open inside is closed with it."""
        while self._count[name]:
            last = self._names.pop()
            self._count[last] -= 1
            if last == name:
                break

    @property
    def personal(self) -> bool:
        """Whether whatever stands here is a contact."""
        named = bool(self._names) and self._names[-1] in _PERSONS
        return self._any(_ELEMENTS) or (named and self._any(_WITHIN))

    def _any(self, names: frozenset[str]) -> bool:
        return any(self._count[name] for name in names)


def _xml(body: bytes) -> bytes:
    pieces: list[bytes] = []
    around = _Open()
    done = 0
    for token in _MARKUP.finditer(body):
        pieces.append(_text(body[done : token.start()], around, _XML_ATOM))
        pieces.append(_markup(token[0], around))
        done = token.end()
    pieces.append(_text(body[done:], around, _XML_ATOM))
    return b"".join(pieces)


def _markup(text: bytes, around: _Open) -> bytes:
    if text.startswith(_CDATA):
        end = _CDATA_END if text.endswith(_CDATA_END) else b""
        inner = text[len(_CDATA) :].removesuffix(_CDATA_END)
        return _CDATA + _text(inner, around, _NOTHING) + end
    if text.startswith((b"<!", b"<?")):
        return _shapes(text, _NOTHING, _xml_said)
    if name := _NAME.match(text):
        element = name[1].decode(_BYTES).lower()
        if text.startswith(b"</"):
            around.close(element)
        elif not text.endswith(b"/>"):
            around.open(element)
    return _QUOTED.sub(lambda value: _shapes(value[0], _XML_ATOM, _xml_said), text)


def _text(text: bytes, around: _Open, atoms: re.Pattern[bytes]) -> bytes:
    inner = text.strip()
    if not inner:
        return text
    if around.personal:
        start = text.index(inner)
        return text[:start] + REMOVED + text[start + len(inner) :]
    return _shapes(text, atoms, _xml_said)


def _xml_said(atom: bytes) -> str:
    text = atom[1:-1].decode(_BYTES)
    if not text.startswith("#"):
        return _ENTITIES.get(text, "@" if text == "commat" else " ")
    code = int(text[2:], 16) if text[1] in "xX" else int(text[1:])
    return chr(code) if code < 0x110000 else " "


# ---------------------------------------------------------------- contacts within a text


def _shapes(text: bytes, atoms: re.Pattern[bytes], said: Callable[[bytes], str]) -> bytes:
    """A text without what is shaped like an address or a number; an escape is never cut in two."""
    while _SUSPECT.search(text):
        plain, places = _plain(text, atoms, said)
        spans = _merged([*_addresses(plain), *_phones(plain)])
        if not spans:
            break
        pieces: list[bytes] = []
        done = 0
        for start, end in spans:
            pieces += (text[done : places[start]], REMOVED)
            done = places[end]
        text = b"".join((*pieces, text[done:]))
        # Again: what stood on both sides may be another one now.
    return text


def _plain(
    text: bytes, atoms: re.Pattern[bytes], said: Callable[[bytes], str]
) -> tuple[str, list[int]]:
    """The text as it is read, and where in its bytes each character begins; its end as well."""
    plain: list[str] = []
    places: list[int] = []
    done = 0
    for atom in (*atoms.finditer(text), None):
        read, starts = _read(text[done : atom.start() if atom else len(text)], done)
        plain.append(read)
        places += starts
        if atom:
            plain.append(said(atom[0]))
            places.append(atom.start())
            done = atom.end()
    places.append(len(text))
    return "".join(plain), places


def _read(data: bytes, begin: int) -> tuple[str, Iterable[int]]:
    """Some bytes as UTF-8 where they are that, else a character a byte; where each begins.

    Byte by byte, the second half of "Å" would be a blank, and the letter be cut in two.
    """
    try:
        read = data.decode()
    except UnicodeDecodeError:
        return data.decode(_BYTES), range(begin, begin + len(data))
    if len(read) == len(data):
        return read, range(begin, begin + len(data))
    ends = accumulate((len(letter.encode()) for letter in read), initial=begin)
    return read, islice(ends, len(read))


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for found in _ADDRESS.finditer(text):
        yield found.start(), found.end() - (found[0].endswith("."))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    talk = _BLANK.search(text) and _LETTER.search(text)
    if not (talk or _ALONE.fullmatch(text.strip())):
        return
    for found in _PHONE.finditer(text):
        named = _WORD.match(found[0])
        # A time and a day, "0900 5.11.2026", have as many digits.
        if named or not _DATE.search(found[0]):
            yield found.start() + (named.end() if named else 0), found.end()


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
