"""What OCDS portals share: windows, addresses, next links, what a page holds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from bot import when
from bot.contract import Page, Request, Response, Window
from watchers import _json
from watchers._ocds import Dialect, collect
from watchers._take import text

_SECOND = timedelta(seconds=1)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal's release-package search."""

    home: str  # its official scheme and host
    path: str
    dialect: Dialect
    limit: int = 100  # the most releases that it gives on a page


def _span(written: str) -> str:
    width = when.span(written)
    if not _SHORTEST <= width <= _LONGEST:
        raise ValueError(f"a window is between 1m and 31d long, not {written!r}")
    return written


def _origin(written: str) -> str:
    parts = urlsplit(written)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"an address like http://127.0.0.1:8080, not {written!r}")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError(f"only scheme, host and port are replaced: {written!r} has more")
    return f"{parts.scheme}://{parts.netloc}"


Span = Annotated[str, AfterValidator(_span)]  # "6h": how much of the past one request asks for
BaseUrl = Annotated[str, AfterValidator(_origin)]  # stands for the portal's scheme and host


def windows(since: datetime, now: datetime, width: str) -> Iterator[Window]:
    """`since` to `now` (UTC) in windows of `width`, oldest first, without a gap.

    Portals know whole seconds: the first window begins no later than `since`, the last ends no
    earlier than `now`.
    """
    begin = since.replace(microsecond=0)
    last = now if not now.microsecond else now.replace(microsecond=0) + _SECOND
    step = when.span(width)
    while begin < last:
        end = min(begin + step, last)
        yield begin, end
        begin = end


def request(portal: Portal, base_url: str | None, query: str, window: Window) -> Request:
    """A request built by hand: a client that encodes `:` gets empty pages (Contracts Finder)."""
    return Request(f"{base_url or portal.home}{portal.path}?{query}", window=window)


def read(response: Response, portal: Portal) -> Page:
    """All releases of a page, each once, and the next page; ReadError for all but a package."""
    package = _json.split(response.body)
    follow, why = following(response.request, package.next, portal.home)
    if not (follow or why or local(response.request)) and len(package.pieces) >= portal.limit:
        why = f"a full page of {len(package.pieces)} releases names no next page"
    return page(package, portal.dialect, follow, why)


def page(package: _json.Split, dialect: Dialect, follow: Request | None, why: str) -> Page:
    """The page of a package, each of its releases once; `why` it may not be all, empty if it is."""
    notices, faults = collect(package, dialect)
    why = package.why or why
    return Page(notices, faults, (follow,) if follow else (), complete=not why, why=why)


def local(request: Request) -> bool:
    """Whether a page was read from a file: whatever links it holds, it has no next one."""
    return request.url.startswith("file:")


def following(request: Request, stated: Any, home: str = "") -> tuple[Request | None, str]:
    """The request for the next page, or why there should be one and is none.

    Only the request's own origin is asked: a link to it is followed as written, one to the portal's
    official host (`home`) is led back to it (a test portal repeats recorded links), and so is one
    with plain http, for which portals behind a proxy take themselves. No link is the end.
    """
    if stated in (None, "") or local(request):
        return None, ""
    link = text(stated) if isinstance(stated, str) else ""
    if not link or not link.isascii() or not link.isprintable() or " " in link:
        return None, "the next link is no address"
    try:
        own, to, official = urlsplit(request.url), urlsplit(link), urlsplit(home or request.url)
        known = {(one.scheme, one.hostname, one.port) for one in (own, official)}
        # The portal has named itself with plain http; the answer to that is its own scheme.
        known.add(("http", official.hostname, None))
        there = (to.scheme, to.hostname, to.port)
    except ValueError:
        return None, "the next link is no address"
    if there not in known and (to.scheme or to.netloc):
        return None, f"the next link leads to another host: {str(to.hostname)[:80]}"
    if to.path and not to.path.startswith("/"):
        return None, "the next link is no address"
    url = f"{own.scheme}://{own.netloc}{to.path or own.path}" + (f"?{to.query}" if to.query else "")
    if url == request.url:
        return None, "the next link leads to the same page"
    return Request(url, window=request.window), ""
