"""One entry of a feed by feedparser, in our own types; no other module knows that library. Pure."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot import filters
from bot.errors import ReadError
from watchers import _json
from watchers._html import LONGEST, plain

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_PROSE = _HTML | {"text/plain"}
_MOST = 100  # categories, links or people of one entry


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry of any dialect says, as plain text."""

    id: str = ""
    link: str = ""
    title: str = ""
    texts: tuple[str, ...] = ()  # the summary, then the contents
    markup: str = ""  # the same as it was written, for the addresses in it
    people: tuple[str, ...] = ()  # authors, contributors, publisher
    categories: tuple[str, ...] = ()  # terms and labels
    places: tuple[str, ...] = ()  # Dublin Core's coverage, GeoRSS's feature name
    updated: str = ""
    published: str = ""


def read(document: bytes, url: str) -> Entry:
    """The first entry of a feed; relative links are taken from `url`.

    The document has to be free of DTDs and of absurd depth: feedparser is not safe from them.
    ReadError where it finds no entry, or fails.
    """
    # It loads 60 modules: a source without news does not pay for it.
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        # Never as bytes or text: it would take them for the name of a file, or for an address.
        found = feedparser.parse(
            io.BytesIO(document),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        entries = found["entries"]
        if not entries:
            raise ReadError("no entry in it", raw=_json.shown(document))
        return _entry(entries[0])
    except ReadError:
        raise
    except Exception as error:  # it lets through whatever its many parsers raise
        why = f"feedparser fails: {type(error).__name__}"
        raise ReadError(why, raw=_json.shown(document)) from None


def _entry(found: Any) -> Entry:
    # A `summary` without its detail is a copy of the content.
    bodies = [dict.get(found, "summary_detail"), *(dict.get(found, "content") or [])[:_MOST]]
    bodies = [body for body in bodies if body and body.get("type", "text/plain") in _PROSE]
    title = dict.get(found, "title_detail")
    return Entry(
        id=_text(found, "id"),
        link=_link(found),
        title=filters.line(_words(title)) if title else "",
        texts=tuple(dict.fromkeys(words for body in bodies if (words := _words(body)))),
        markup="\n".join(str(body.get("value", ""))[:LONGEST] for body in bodies),
        people=tuple(dict.fromkeys(_people(found))),
        categories=tuple(dict.fromkeys(_categories(found))),
        places=tuple(
            place
            for name in ("coverage", "dc_coverage", "dcterms_spatial", "georss_featurename")
            if (place := filters.line(_text(found, name)))
        ),
        updated=_text(found, "updated"),
        published=_text(found, "published") or _text(found, "created"),
    )


def _text(found: Any, name: str) -> str:
    # Its own lookup gives `published` for a missing `updated`, with a warning.
    value = dict.get(found, name)
    return value.strip() if isinstance(value, str) else ""


def _words(body: Any) -> str:
    value = str(body.get("value") or "")
    if body.get("type") in _HTML:
        return plain(value)
    # Texts are escaped twice now and then: `&amp;nbsp;` in the XML.
    return filters.clean(html.unescape(value[:LONGEST]))


def _link(found: Any) -> str:
    links = (dict.get(found, "links") or [])[:_MOST]
    for link in links:
        if link.get("rel") == "alternate" and isinstance(link.get("href"), str):
            return str(link["href"])
    return _text(found, "link")


def _people(found: Any) -> Iterator[str]:
    for name in ("authors", "contributors"):
        for person in (dict.get(found, name) or [])[:_MOST]:
            if stated := filters.line(str(person.get("name") or "")):
                yield stated
    for name in ("author", "publisher"):
        if stated := filters.line(_text(found, name)):
            yield stated


def _categories(found: Any) -> Iterator[str]:
    for tag in (dict.get(found, "tags") or [])[:_MOST]:
        scheme, term = str(tag.get("scheme") or ""), str(tag.get("term") or "")
        # The scheme says what a bare code is: `scheme="…/cpv"`.
        named = f"CPV {term}" if "cpv" in scheme.lower() and "cpv" not in term.lower() else term
        for stated in (named, str(tag.get("label") or "")):
            if stated := filters.line(plain(stated)):
                yield stated
