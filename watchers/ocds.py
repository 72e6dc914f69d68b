"""Any publisher of OCDS, the Open Contracting Data Standard, described in the config. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, model_validator

from bot import when
from bot.contract import Page, Request, Response, Window
from watchers._json import Split
from watchers._ocds import Dialect
from watchers._ocds_address import (
    Currency,
    Format,
    Language,
    Pointer,
    Template,
    Way,
    Zone,
    names,
    outer,
    places,
)
from watchers._ocds_documents import split
from watchers._ocds_shapes import Shape
from watchers._ocds_versions import released, translate, version
from watchers._portal import Span, following, local, page, windows

_DAY = timedelta(days=1)
# A publisher that answers every page number would be read for ever.
_MOST_PAGES = 1_000


class Ocds(BaseModel, frozen=True, extra="forbid"):
    """Release or record packages of a publisher, single releases, lists, lines, gzip or ZIP.

    `url` names the bounds of a window as {from} and {to}. With {from} and `step: 1d` alone, each
    day is asked for; without {from}, the pages are read from the newest to the last poll.
    """

    url: Annotated[Template | None, Field(description="With {from}, {to} and {page}.")] = None
    format: Annotated[Format, Field(description="Of the bounds, as strftime has it.")] = "%Y-%m-%d"
    step: Annotated[Span | None, Field(description="How much of the past one request asks.")] = None
    timezone: Annotated[Zone, Field(description="Of bounds, and of dates without offset.")] = "UTC"
    lag: Annotated[Span | None, Field(description="How late the publisher shows its news.")] = None
    next: Annotated[Pointer, Field(description="Where a page has its next link.")] = "/links/next"
    first_page: Annotated[int, Field(ge=0, le=1, description="The number of page one.")] = 1
    limit: Annotated[int | None, Field(ge=1, description="Releases on a full page.")] = None
    releases: Annotated[Way | None, Field(description="As in records[].compiledRelease.")] = None
    currency: Annotated[Currency, Field(description="Of amounts that name none.")] = ""
    language: Annotated[Language, Field(description="Of texts stated in several.")] = ""

    needs: ClassVar[tuple[str, ...]] = ("url",)
    every: ClassVar[timedelta] = timedelta(hours=1)
    pause: ClassVar[float] = 2.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 60}
    # Most publishers count in days, and many show a notice hours after its date.
    overlap: ClassVar[timedelta] = _DAY

    @model_validator(mode="after")
    def _agrees(self) -> Ocds:
        asked = places(self.url or "")
        if "to" in asked and "from" not in asked:
            raise ValueError("url has {to} without {from}")
        if self.step and "from" not in asked:
            raise ValueError("step is the width of a window: url needs {from}, or {from} and {to}")
        if self.step and "to" not in asked and when.span(self.step) != _DAY:
            raise ValueError("without {to} in url, step can be 1d alone: one request a day")
        return self

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """Windows from `since` to `now` (UTC), oldest first, asked for in the time of `timezone`.

        Bounds are widened to whole units of `format`, so that a window is covered whether the
        publisher takes its end as included or not.
        """
        for window in self._windows(since, now) if self.url else ():
            yield Request(self._address(window, str(self.first_page)), window=window)

    def read(self, response: Response, since: datetime) -> Page:
        """All releases of a body, in any shape; ReadError when it holds none in a known one."""
        zone = ZoneInfo(self.timezone)
        prepare = partial(translate, language=self.language) if self.language else None
        dialect = Dialect(
            zone, lambda id, own: None, self.currency, identify=version, prepare=prepare
        )  # fmt: skip
        way = None if self.releases is None else names(self.releases)
        found = split(response.body, Shape(way, names(self.next)))
        follow, why = self._follow(response.request, found, since)
        return page(found, dialect, follow, why)

    # ------------------------------------------------------------ windows

    def _windows(self, since: datetime, now: datetime) -> Iterator[Window]:
        asked = places(self.url or "")
        if since >= now:
            return
        if "to" in asked:
            yield from windows(since, now, self.step or "7d")
        elif self.step:
            yield from self._days(since, now)
        else:
            yield since, now

    def _days(self, since: datetime, now: datetime) -> Iterator[Window]:
        """One window for each local day, cut to the time that is asked for."""
        zone = ZoneInfo(self.timezone)
        begin = since
        while begin < now:
            there = (begin - self._lag).astimezone(zone)
            tomorrow = (there.replace(tzinfo=None) + _DAY).replace(hour=0, minute=0, second=0)
            end = tomorrow.replace(microsecond=0, tzinfo=zone).astimezone(begin.tzinfo) + self._lag
            yield begin, min(end, now)
            begin = end

    @property
    def _lag(self) -> timedelta:
        return when.span(self.lag) if self.lag else timedelta()

    def _address(self, window: Window, number: str) -> str:
        zone, begin, end = ZoneInfo(self.timezone), window[0] - self._lag, window[1] - self._lag
        bounds = outer(begin.astimezone(zone), end.astimezone(zone), self.format)
        first, last = (quote(bound, safe=":/") for bound in bounds)
        url = (self.url or "").replace("{from}", first).replace("{to}", last)
        return url.replace("{page}", number)

    # ------------------------------------------------------------ the next page

    def _follow(
        self, request: Request, found: Split, since: datetime
    ) -> tuple[Request | None, str]:
        """The request for the next page, or why there should be one and is none.

        A page without a release is the last one, whatever it links to.
        """
        held = len(found.pieces) + len(found.faults)
        if not held or not self.url or local(request):
            return None, ""
        if "page" in places(self.url):
            return self._count(request)
        follow, why = following(request, found.next)
        if follow and "from" not in places(self.url) and self._past(found, since):
            return None, ""
        if not (follow or why) and self.limit and held >= self.limit:
            why = f"a full page of {held} releases names no next page"
        return follow, why

    def _count(self, request: Request) -> tuple[Request | None, str]:
        """The page after this one; a publisher that ignores the number shows the same for ever."""
        if request.window is None:
            return None, "the page is of no window"
        before, _, after = self._address(request.window, "{page}").partition("{page}")
        number = request.url.removeprefix(before).removesuffix(after)
        if not number.isdecimal():
            return None, "the page has no number"
        if int(number) >= _MOST_PAGES:
            return None, f"more than {_MOST_PAGES:,} pages: a smaller step is needed"
        return Request(f"{before}{int(number) + 1}{after}", window=request.window), ""

    def _past(self, found: Split, since: datetime) -> bool:
        """Whether every release is older than what the last poll has seen: the newest come first.

        All of them, for a single old one may stand among the newest.
        """
        zone = ZoneInfo(self.timezone)
        dates = [released(piece, zone) for piece in found.pieces]
        return all(date is not None and date < since for date in dates)
