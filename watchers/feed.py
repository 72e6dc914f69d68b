"""Any RSS or Atom feed of procurement notices, with Spain's CODICE among them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, urlsplit
from xml.etree.ElementTree import Element, tostring
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel

from bot.contract import Fault, Found, Page, Request, Response
from bot.errors import ReadError
from bot.model import Notice
from watchers import _codice, _feed_page, _feed_parser
from watchers._feed_entry import Reading, Version, loose, named, notice, stamp, version
from watchers._feed_page import Sheet, address
from watchers._json import KEPT
from watchers._portal import local

# A feed shows an entry some time after the date that it puts on it.
_LATE = timedelta(hours=2)
# Spain's platform goes by two names, and its pages link to each other under either.
_ONE_HOST = frozenset({"contrataciondelestado.es", "contrataciondelsectorpublico.gob.es"})
# An entry that is no XML goes to a tolerant parser, which has no limits of its own.
_MOST_TAGS = 2_000
_MOST_ATTRIBUTES = 1_000
_MOST_BROKEN = 100
_DTD = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN = "the entry is not well-formed and was read as far as it goes"


def _url(written: str) -> str:
    try:
        parts = urlsplit(written)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not written.isascii() or not written.isprintable() or " " in written:
        raise ValueError(f"an address like https://portal.example/feed.atom, not {written[:80]!r}")
    if parts.username or parts.fragment:
        raise ValueError("neither a user's name nor a fragment belongs in a feed's address")
    return written


def _zone(written: str) -> str:
    try:
        ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{written[:40]!r} is no time zone as in Europe/Madrid") from None
    return written


class Feed(BaseModel, frozen=True, extra="forbid"):
    """One feed: its address, and what its texts leave open."""

    url: Annotated[str, AfterValidator(_url)] | None = None
    # Settles dates in figures: "en-GB" reads 03/04/2026 as 3 April. The feed's own where not given.
    language: str = ""
    # Of dates and times written without an offset.
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/London"

    needs: ClassVar[tuple[str, ...]] = ("url",)
    every: ClassVar[timedelta] = timedelta(minutes=30)
    pause: ClassVar[float] = 5.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 600}
    # A feed shows its present state whatever it is asked: there is nothing behind the watermark.
    overlap: ClassVar[timedelta] = timedelta(0)

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """The feed's address, once. It has no window: halves of it would be the same request."""
        if self.url:
            yield Request(self.url, conditional=True)

    def read(self, response: Response, since: datetime) -> Page:
        """All entries of a document, and its next page while this one has entries after `since`.

        ReadError for what is no feed. Of a broken one the entries that are whole are read; where it
        breaks off the page is incomplete.
        """
        sheet = _feed_page.sheet(response.body)
        reading = Reading(
            ZoneInfo(self.timezone), self.language or sheet.language, response.request.url, since
        )
        found: dict[tuple[str, str], Found] = {}
        faults: dict[str, Fault] = {}
        newest: list[datetime] = []
        for one, at in _entries(sheet, reading):
            if isinstance(one, Fault):
                faults.setdefault(one.id, one)
                continue
            found.setdefault((one.record, one.id), one)
            newest += [at] if at else []
        follow, why = None, sheet.why
        if not local(response.request) and any(at > since - _LATE for at in newest):
            follow, refused = _further(sheet, response.request)
            why = why or refused
        return Page(
            tuple(found.values()),
            tuple(faults.values()),
            (follow,) if follow else (),
            complete=not why,
            why=why,
        )


def _entries(sheet: Sheet, reading: Reading) -> Iterator[tuple[Found | Fault, datetime | None]]:
    for entry in sheet.entries:
        try:
            mark = version(entry, reading)
        except ReadError as error:
            yield _fault(tostring(entry, "unicode"), error), None
            continue
        load = partial(_folder if _codice.carried(entry) else _load, sheet, entry, mark, reading)
        yield Found(mark.record, mark.id, load), mark.published
    for raw in sheet.broken[:_MOST_BROKEN]:
        yield _broken(raw, reading)
    if more := sheet.broken[_MOST_BROKEN:]:
        yield _fault(more[0], ReadError(f"{len(more)} more entries are not well-formed")), None
    for tombstone in sheet.deleted:
        at = stamp(tombstone.get("when", ""), reading.zone)
        mark = named(tombstone.get("ref", "").strip(), at, None, ("deleted-entry",))
        if ended := _codice.withdrawn(tombstone, mark, reading.since):
            yield Found(mark.record, mark.id, partial(_told, ended)), at


def _told(ended: Notice) -> Notice:
    return ended


def _load(sheet: Sheet, entry: Element, mark: Version, reading: Reading) -> Notice:
    try:
        read = _feed_parser.read(sheet.alone(entry), reading.url)
        return notice(read, mark, reading, ())
    except ReadError as error:
        raise ReadError(str(error), raw=_shown(tostring(entry, "unicode"))) from None


def _folder(sheet: Sheet, entry: Element, mark: Version, reading: Reading) -> Notice:
    try:
        return _codice.notice(entry, mark, reading.since)
    except ReadError as error:
        raise ReadError(str(error), raw=_shown(tostring(entry, "unicode"))) from None


def _broken(raw: str, reading: Reading) -> tuple[Found | Fault, datetime | None]:
    """An entry that is no XML, read at once: only so its identity can be told."""
    try:
        if raw.count("<") > _MOST_TAGS or raw.count("=") > _MOST_ATTRIBUTES or _DTD.search(raw):
            raise ReadError("the entry is not well-formed, and too large or too odd to be mended")
        entry = _feed_parser.read(raw.encode("utf-8", "replace"), reading.url)
        mark = loose(entry, reading)
        told = notice(entry, mark, reading, (_BROKEN,))
    except ReadError as error:
        return _fault(raw, error), None
    return Found(mark.record, mark.id, partial(_told, told)), mark.published


def _fault(raw: str, error: ReadError) -> Fault:
    id = hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()[:16]
    return Fault(id, str(error), _shown(raw))


def _shown(raw: str) -> str:
    return raw[:KEPT].encode("utf-8", "replace")[:KEPT].decode("utf-8", "ignore")


# ---------------------------------------------------------------- the next page


def _further(sheet: Sheet, request: Request) -> tuple[Request | None, str]:
    """The request for the next page, or why there should be one and is none."""
    if not sheet.further:
        return None, ""
    link = address(sheet, request.url, sheet.further)
    try:
        own, to = urlsplit(request.url), urlsplit(link)
        same = _host(own) == _host(to) or {own.hostname, to.hostname} <= _ONE_HOST
    except ValueError:
        return None, "the next link is no address"
    if not link or not link.isascii() or not link.isprintable() or " " in link:
        return None, "the next link is no address"
    if not same:
        return None, f"the next link leads to another host: {str(to.hostname)[:80]}"
    url = to._replace(scheme=own.scheme, netloc=own.netloc, fragment="").geturl()
    # The last page of some feeds is its own next one.
    return (None, "") if url == request.url else (Request(url, window=request.window), "")


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    """Host and port; a feed that was asked over https still names itself with http at times."""
    standard = {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.hostname, None if parts.port == standard else parts.port
