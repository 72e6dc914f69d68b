"""Find a Tender, the United Kingdom's notices of public procurement, over its OCDS API. Pure."""

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

_LONDON = ZoneInfo("Europe/London")
_HOUR = timedelta(hours=1)
_NOTICE = re.compile(r"\d{6}-\d{4}")


def _page(id: str, _: Json) -> str | None:
    if not _NOTICE.fullmatch(id):
        return None
    return f"https://www.find-tender.service.gov.uk/Notice/{id}"


# https://www.find-tender.service.gov.uk/apidocumentation/1.0/GET-ocdsReleasePackages
_PORTAL = Portal(
    home="https://www.find-tender.service.gov.uk",
    path="/api/1.0/ocdsReleasePackages",
    dialect=Dialect(_LONDON, _page, currency="GBP"),
)


class FindATender(BaseModel, frozen=True, extra="forbid"):
    """The release packages of Find a Tender: every notice, above and below the threshold.

    `stages` is never sent: with it the API returns pre-2023 procedures alone and no update.
    """

    base_url: BaseUrl | None = None
    # Longer windows lost releases (kingfisher-collect#1203).
    window: Span = "6h"

    every: ClassVar[timedelta] = timedelta(minutes=15)
    # "Rate limit of 12 exceeded. Please retry after 120 seconds."
    pause: ClassVar[float] = 12.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 120}
    overlap: ClassVar[timedelta] = timedelta(hours=2)

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """Windows from `since` to `now` (UTC), oldest first, asked for in Europe/London time."""
        for begin, end in windows(since, now, self.window):
            query = f"limit={_PORTAL.limit}&updatedFrom={_local(begin)}&updatedTo={_local(end, 1)}"
            yield request(_PORTAL, self.base_url, query, (begin, end))

    def read(self, response: Response, since: datetime) -> Page:
        """All releases of a page; ReadError when it is no release package."""
        return read(response, _PORTAL)


def _local(at: datetime, side: int = 0) -> str:
    """The API reads 19 characters as Europe/London time and ignores an offset.

    In the hour that October repeats, such a time means two instants: the bound is moved out of it,
    back to the second before it or, with `side` 1, on to its end, so that nothing falls between.
    """
    local = at.astimezone(_LONDON)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        hour = local.replace(minute=0, second=0, tzinfo=None)
        local = hour + _HOUR if side else hour - timedelta(seconds=1)
    return f"{local:%Y-%m-%dT%H:%M:%S}"
