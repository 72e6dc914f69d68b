"""Contracts Finder, England's notices below and above the threshold, over its OCDS search. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from bot.contract import Page, Request, Response
from watchers._ocds import Dialect
from watchers._portal import BaseUrl, Portal, Span, read, request, windows
from watchers._take import Json

_NOTICE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d+", re.IGNORECASE)
# Whether the search reads `Z` or ignores it, as Find a Tender does, is not known. London is never
# more than this ahead of UTC: asking for so much more covers the window under both readings.
_SLACK = timedelta(hours=1)


def _page(id: str, _: Json) -> str | None:
    match = _NOTICE.fullmatch(id)
    return f"https://www.contractsfinder.service.gov.uk/Notice/{match[1]}" if match else None


# https://www.contractsfinder.service.gov.uk/apidocumentation
_PORTAL = Portal(
    home="https://www.contractsfinder.service.gov.uk",
    path="/Published/Notices/OCDS/Search",
    dialect=Dialect(ZoneInfo("Europe/London"), _page, currency="GBP", escaped=True),
)


class ContractsFinder(BaseModel, frozen=True, extra="forbid"):
    """The search of Contracts Finder: first publications and edits, the present release of each."""

    base_url: BaseUrl | None = None
    # About six pages on a working day; an open range returns nothing of the last months.
    window: Span = "1d"

    every: ClassVar[timedelta] = timedelta(minutes=30)
    pause: ClassVar[float] = 4.0
    # "403: too many requests, wait 5 minutes", says the documentation; 429 was seen as well.
    cooldown: ClassVar[Mapping[int, float]] = {403: 300, 429: 300}
    # More than the hour by which the meaning of `Z` is in doubt, and late rows are known.
    overlap: ClassVar[timedelta] = timedelta(hours=3)

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """Windows from `since` to `now` (UTC), oldest first.

        Bounds are sent with `Z`: an offset's `+` would be read as a blank.
        """
        for begin, end in windows(since, now, self.window):
            bounds = f"publishedFrom={_utc(begin)}&publishedTo={_utc(end + _SLACK)}"
            yield request(_PORTAL, self.base_url, f"{bounds}&limit={_PORTAL.limit}", (begin, end))

    def read(self, response: Response, since: datetime) -> Page:
        """All releases of a page; ReadError when it is no release package."""
        return read(response, _PORTAL)


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
