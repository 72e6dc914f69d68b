"""Sell2Wales, the notices of Welsh buyers, over its OCDS API. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel

from bot.contract import Page, Request, Response
from watchers._ocds_kind import Listed
from watchers._portal import BaseUrl
from watchers._proactis import OVERLAP, Portal, Types, read, requests, types

# https://api.sell2wales.gov.wales/v1; notices below the threshold and of subcontracts.
_SITE: Mapping[int, Listed] = {
    51: Listed("Invitation to Tender", "tender"),
    54: Listed("Sub-contract Pre-award", "tender"),
    52: Listed("Website Prior Information Notice", "planning"),
    53: Listed("Website Contract Award Notice", "award"),
    55: Listed("Sub-contract Post-award", "award"),
    56: Listed("Sub-contract Award", "award"),
}
_PORTAL = Portal(
    home="https://api.sell2wales.gov.wales",
    site="https://www.sell2wales.gov.wales",
    types=types(_SITE),
)
_ENGLISH, _WELSH = 2057, 1106


def _locale(number: int) -> int:
    if number not in (_ENGLISH, _WELSH):
        raise ValueError(f"write {_ENGLISH} for English or {_WELSH} for Welsh, not {number}")
    return number


class Sell2Wales(BaseModel, frozen=True, extra="forbid"):
    """The notices of a month, type by type. Since June 2026 the API has failed for days on end."""

    base_url: BaseUrl | None = None
    types: Types = tuple(_PORTAL.types)
    locale: Annotated[int, AfterValidator(_locale)] = _ENGLISH

    every: ClassVar[timedelta] = timedelta(hours=2)
    # No limit is documented.
    pause: ClassVar[float] = 3.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 300}
    overlap: ClassVar[timedelta] = OVERLAP

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """Each month from `since` to `now` (UTC), oldest first, a request for each type."""
        portal = replace(_PORTAL, query=f"&locale={self.locale}")
        return requests(portal, self.base_url, self.types, since, now)

    def read(self, response: Response, since: datetime) -> Page:
        """All releases of a month and type; ReadError when it is no OCDS."""
        return read(response, _PORTAL)
