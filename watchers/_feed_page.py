"""The bytes of an RSS or Atom feed into its entries, as far as they can be told apart. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from bot.errors import ReadError
from watchers import _json, _xml
from watchers._xml import local

TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"  # RFC 6721
_XML = "{http://www.w3.org/XML/1998/namespace}"
_FRAME = ("version", f"{_XML}base", f"{_XML}lang")
_ROOTS = frozenset({"rss", "RDF", "feed"})
_ENTRIES = frozenset({"item", "entry"})
_MOST_PARTS = 5_000  # elements of one entry; those of real feeds stay below 500
_MOST_NAMES = 100
_MOST = 20_000  # entries of a broken document, each of which is parsed alone
# Pages of a feed, and the archives before the current document (RFC 5005, 3 and 4).
_FURTHER = ("next", "prev-archive")

_ROOT = re.compile(r"<((?:[\w.-]+:)?(?:rss|RDF|feed))(?=[\s>])[^<>]*>")
_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|RDF|feed)\s*>")
_BEFORE = re.compile(r"(?:\s|<\?(?:[^?]|\?(?!>))*+\?>|<!--(?:[^-]|-(?!->))*+-->)*+")
_ENTRY = re.compile(r"<(/?)(?:[\w.-]+:)?(item|entry|deleted-entry)(?=[\s/>])[^<>]*>")
_LINK = re.compile(r"<(?:[\w.-]+:)?link(?=[\s/>])([^<>]*)>")
_MEMBER = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""")
_LANGUAGE = re.compile(r"""<(?:[\w.-]+:)?language>([^<>]{1,40})<|\bxml:lang=["']([^"'<>]{1,40})""")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document of a feed."""

    frame: Element  # the root without what it holds: its kind and what it says of all
    entries: tuple[Element, ...] = ()
    deleted: tuple[Element, ...] = ()
    broken: tuple[str, ...] = ()  # entries that are no XML, within the root's tags
    further: str = ""  # where the next page is, as the feed writes it
    language: str = ""
    why: str = ""  # why the document may hold more than was found

    def alone(self, entry: Element) -> bytes:
        """A feed of this one entry, in UTF-8: no DTD, comments or undeclared names are left.

        ReadError for an entry of more parts than feedparser can bear: it is quadratic in the
        attributes of an element and in the namespaces in use.
        """
        parts = list(islice(entry.iter(), _MOST_PARTS + 1))
        spaces = {part.tag.partition("}")[0] for part in parts if part.tag[:1] == "{"}
        widest = max(len(part.attrib) for part in parts)
        if len(parts) > _MOST_PARTS or len(spaces) > _MOST_NAMES or widest > _MOST_NAMES:
            raise ReadError("an entry of too many elements, namespaces or attributes")
        root = Element(self.frame.tag, self.frame.attrib)
        holder = ET.SubElement(root, "channel") if local(root) == "rss" else root
        holder.append(entry)
        document: bytes = ET.tostring(root, encoding="utf-8")
        return document


def sheet(body: bytes) -> Sheet:
    """The entries of a document, each as an element.

    ReadError for what is no feed, and for XML that is hostile (a DTD, a bomb). One that is broken
    is read entry by entry: what is whole in itself is kept, what is not is in `broken`, and an
    entry that breaks off with the document is left out.
    """
    try:
        root = _xml.root(body)
    except ReadError as error:
        return _salvaged(body, error)
    if local(root) not in _ROOTS:
        raise ReadError(f"no feed but <{local(root)[:40]}>", raw=_json.shown(body))
    holders = [root, *(child for child in root if local(child) == "channel")]
    if local(root) == "rss" and len(holders) == 1:
        raise ReadError("an RSS feed without a channel", raw=_json.shown(body))
    children = [child for holder in holders for child in holder]
    return Sheet(
        _frame(root),
        tuple([child for child in children if local(child) in _ENTRIES]),
        tuple([child for child in children if child.tag == TOMBSTONE]),
        further=_further([child.attrib for child in children if local(child) == "link"]),
        language=_language(root, holders[-1]),
    )


def address(sheet: Sheet, url: str, link: str) -> str:
    """A link of the feed as a whole address; empty where it is none (RFC 3986, 5)."""
    try:
        return urljoin(urljoin(url, sheet.frame.get(f"{_XML}base", "")), link.strip())
    except ValueError:
        return ""


def _frame(root: Element) -> Element:
    kept = {key: root.attrib[key] for key in _FRAME if key in root.attrib}
    return Element(root.tag, kept)


def _language(root: Element, channel: Element) -> str:
    for child in channel:
        if local(child) == "language" and (stated := _xml.text(child)):
            return stated[:40]
    return root.get(f"{_XML}lang", "")[:40]


def _further(links: list[dict[str, str]]) -> str:
    for wanted in _FURTHER:
        for link in links:
            if wanted in link.get("rel", "").split() and link.get("href"):
                return link["href"]
    return ""


# ---------------------------------------------------------------- a broken document


def _salvaged(body: bytes, error: ReadError) -> Sheet:
    text = _xml.decoded(body) if len(body) <= _xml.MOST_BYTES else ""
    before = _BEFORE.match(text)
    head = _ROOT.match(text, before.end()) if before else None
    if head is None:
        raise error
    pieces, end = _pieces(text, head.end())
    if not pieces:
        raise error
    if len(pieces) > _MOST:
        raise ReadError(f"broken XML of more than {_MOST} entries", raw=_json.shown(body))
    opening, closing = head[0], f"</{head[1]}>"
    found = [_element(opening + piece + closing) for piece in pieces]
    whole = [child for child in found if isinstance(child, Element)]
    own = _element(f"{opening}<x/>{closing}", whole=True)
    around = text[head.end() : text.index(pieces[0], head.end())] + text[end:]
    stated = _LANGUAGE.search(opening + around)
    return Sheet(
        _frame(own) if isinstance(own, Element) else Element(head[1]),
        tuple([child for child in whole if local(child) in _ENTRIES]),
        tuple([child for child in whole if child.tag == TOMBSTONE]),
        tuple([child for child in found if isinstance(child, str)]),
        _further([_members(match[1]) for match in _LINK.finditer(around)]),
        (stated[1] or stated[2]) if stated else "",
        "" if _END.search(text, end) else f"the feed breaks off ({error})",
    )


def _pieces(text: str, start: int) -> tuple[list[str], int]:
    """The entries by their tags, and where the last one ends; one without an end ends the walk."""
    pieces: list[str] = []
    begun, end = None, start
    for tag in _ENTRY.finditer(text, start):
        if begun is not None and (tag[1] or not tag[0].endswith("/>")):
            # An entry does not stand within another: the one before has lost its end.
            end = tag.end() if tag[1] else tag.start()
            pieces.append(text[begun:end])
            begun = None
        if not tag[1]:
            if tag[0].endswith("/>"):
                end = tag.end()
                pieces.append(tag[0])
            else:
                begun = tag.start()
    if begun is not None:
        closing = _END.search(text, begun)
        end = closing.start() if closing else len(text)
        pieces += [text[begun:end]] if closing else []
    return pieces, end


def _element(document: str, *, whole: bool = False) -> Element | str:
    """The first entry of a document, or the whole of it; the document itself where it is no XML."""
    try:
        root = _xml.root(document.encode("utf-8", "replace"))
    except ReadError:
        return document
    if whole:
        return root
    return root[0] if len(root) else document


def _members(tag: str) -> dict[str, str]:
    return {m[1]: html.unescape(m[2] or m[3] or "") for m in _MEMBER.finditer(tag)}
