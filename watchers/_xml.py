"""XML that anyone may have sent, into elements: no DTD, no bombs, encodings put right. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from html.entities import html5
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from bot.errors import ReadError
from watchers import _json

# The largest TED notices have some 15 MB; an element of no content costs 30 times its bytes.
MOST_BYTES = 32 * 1024 * 1024
MOST_TAGS = 1_000_000
DEEPEST = 100  # elements within each other; eForms and CODICE stay below 25

# A DTD can stand nowhere but before the first element, behind comments and instructions.
_PROLOG = re.compile(r"(?:\s|<\?(?:[^?]|\?(?!>))*+\?>|<!--(?:[^-]|-(?!->))*+-->)*+")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")
# Codecs for text; Python knows others (punycode, idna) that cost a square of their input.
_CODEC = re.compile(
    r"(?:utf|iso|latin|windows|cp|us-?ascii|koi8|mac|gb|big5|shift|euc)[\w.:-]*", re.IGNORECASE
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(
    r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)(\w{1,31};)?", re.ASCII
)
_UTF16 = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}


def root(data: bytes) -> Element:
    """The first element of a document, tags as `{namespace}name`, without comments.

    Text in another encoding than the declared one is read as what it is; control characters, bare
    ampersands and HTML's named entities are mended. ReadError, with the beginning of the text, for
    a DTD (even an empty one), for what is nested or repeated beyond all use, and for all else that
    is no XML.
    """
    if len(data) > MOST_BYTES:
        raise ReadError(f"XML of {len(data)} bytes, more than {MOST_BYTES}", raw=_json.shown(data))
    text = decoded(data)
    if text.count("<") > MOST_TAGS:
        raise ReadError(f"XML of more than {MOST_TAGS} tags", raw=_json.shown(data))
    try:
        found = _parsed(text)
    except ReadError as error:
        raise ReadError(str(error), raw=_json.shown(data)) from None
    level = [found]
    for _ in range(DEEPEST):
        level = [below for each in level for below in each]
        if not level:
            return found
    raise ReadError(f"XML nested deeper than {DEEPEST}", raw=_json.shown(data))


def bare(element: Element) -> Element:
    """The same element, its tags and all below it without their namespaces."""
    names = _Names()
    for each in element.iter():
        each.tag = names[each.tag]
    return element


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def at(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of tags, one step after another; None where there is none."""
    for step in path:
        if element is None:
            return None
        element = element.find(step)
    return element


def every(element: Element | None, *path: str) -> list[Element]:
    """All elements at a path of tags, in the order of the document."""
    found = [] if element is None else [element]
    for step in path:
        found = [below for each in found for below in each.findall(step)]
    return found


def text(element: Element | None) -> str:
    """An element's own text without blanks around it; empty where there is none."""
    return (element.text or "").strip() if element is not None else ""


def texts(elements: Iterable[Element]) -> list[str]:
    """The texts of elements, without empty ones."""
    return [said for each in elements if (said := text(each))]


def prose(element: Element | None, paragraph: str = "P") -> str:
    """All text at and below an element on one line per paragraph, blanks made single."""
    if element is None:
        return ""
    parts = element.findall(paragraph) or [element]
    lines = (" ".join("".join(part.itertext()).split()) for part in parts)
    return "\n".join(line for line in lines if line)


class _Names(dict[str, str]):
    def __missing__(self, tag: str) -> str:
        name = self[tag] = tag.rpartition("}")[2]
        return name


def decoded(data: bytes) -> str:
    """UTF-8 where it can be, for declarations lie; then what is declared; then Windows' Latin."""
    wide = _UTF16.get(data[:2])
    if wide:
        return data.decode(wide, "replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8).lstrip())
    name = declared[1].decode() if declared else ""
    if _CODEC.fullmatch(name) and name.lower() not in ("utf-8", "utf8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            pass
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "tenderbell.cp1252")


def _parsed(text: str) -> Element:
    try:
        return _plain(text)
    except ReadError:
        mended = _AMPERSAND.sub(_named, _FORBIDDEN.sub("", text))
        if mended == text:
            raise
        return _plain(mended)


def _plain(text: str) -> Element:
    begin = _PROLOG.match(text)
    rest = text[begin.end() : begin.end() + 2] if begin else ""
    if not rest.startswith("<"):
        raise ReadError("no XML" if text.strip() else "the body is empty")
    if rest == "<!":
        raise ReadError("XML with a DTD is refused")
    try:
        # A declaration may stand only at the very beginning.
        return ET.fromstring(text.lstrip())
    except (ET.ParseError, ValueError) as error:
        raise ReadError(f"not XML: {error}") from None


def _named(match: re.Match[str]) -> str:
    known = html5.get(match[1] or "", "")
    return known if known and known not in "&<" else f"&amp;{match[1] or ''}"


__all__ = ["Element", "at", "bare", "every", "local", "prose", "root", "text", "texts"]
