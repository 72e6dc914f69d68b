"""Public Contracts Scotland, every notice of Scottish buyers, over its OCDS API. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel

from bot.contract import Page, Request, Response
from watchers._ocds_kind import Listed
from watchers._portal import BaseUrl
from watchers._proactis import OVERLAP, Portal, Types, read, requests, types

# https://api.publiccontractsscotland.gov.uk/v1; notices below the threshold stand here alone.
_SITE: Mapping[int, Listed] = {
    102: Listed("Website Contract Notice", "tender"),
    101: Listed("Website Prior Information Notice", "planning"),
    103: Listed("Website Contract Award Notice", "award"),
    104: Listed("Quick Quote Award", "award"),
}
_PORTAL = Portal(
    home="https://api.publiccontractsscotland.gov.uk",
    site="https://www.publiccontractsscotland.gov.uk",
    types=types(_SITE),
)


class PublicContractsScotland(BaseModel, frozen=True, extra="forbid"):
    """The notices of a month, type by type: above the threshold and below it."""

    base_url: BaseUrl | None = None
    types: Types = tuple(_PORTAL.types)

    every: ClassVar[timedelta] = timedelta(hours=1)
    # No limit is documented.
    pause: ClassVar[float] = 2.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 300}
    overlap: ClassVar[timedelta] = OVERLAP

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """Each month from `since` to `now` (UTC), oldest first, a request for each type."""
        return requests(_PORTAL, self.base_url, self.types, since, now)

    def read(self, response: Response, since: datetime) -> Page:
        """All releases of a month and type; ReadError when it is no OCDS."""
        return read(response, _PORTAL)
