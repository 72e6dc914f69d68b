"""Tenders Electronic Daily (TED), the EU's journal of procurement: its search, its XML. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from bot.contract import Found, Page, Request, Response
from bot.errors import ReadError
from bot.model import Notice
from watchers import _json, _ted, _ted_eforms, _ted_legacy, _ted_search, _xml
from watchers._portal import BaseUrl

_QUOTED = re.compile(r'"[^"]*"')
_SORTED = re.compile(r"\bSORT\s+BY\b", re.IGNORECASE)
_DAY = timedelta(days=1)


def _query(written: str) -> str:
    """An expert query that can stand in brackets with the window's days behind it."""
    query = " ".join(written.split())
    plain = _QUOTED.sub("", query)
    depth = 0
    for character in plain:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    if not query or depth or '"' in plain or not query.isprintable():
        raise ValueError("write an expert query of TED as in buyer-country IN (IRL)")
    if _SORTED.search(plain):
        raise ValueError("leave SORT BY out: the order makes no difference here")
    return query


Query = Annotated[str, Field(max_length=5000), AfterValidator(_query)]
Language = Annotated[str, AfterValidator(_ted.language)]


class Ted(BaseModel, frozen=True, extra="forbid"):
    """The notices of TED that an expert query finds, by the day of their publication."""

    query: Query | None = None
    languages: tuple[Language, ...] = ("eng",)
    base_url: BaseUrl | None = None  # stands for both api.ted.europa.eu and ted.europa.eu

    needs: ClassVar[tuple[str, ...]] = ("query",)
    every: ClassVar[timedelta] = timedelta(hours=3)
    # Fair use; bursts were answered with 429, and 666 requests a minute with a block of 5 minutes.
    pause: ClassVar[float] = 1.0
    cooldown: ClassVar[Mapping[int, float]] = {429: 300}
    # The search knows days only, and a day's notices may be indexed late.
    overlap: ClassVar[timedelta] = timedelta(days=3)

    def start(self, since: datetime, now: datetime) -> Iterable[Request]:
        """A search for each day of Brussels from `since` to `now` (UTC), oldest first."""
        begin = since
        while self.query and begin < now:
            day = begin.astimezone(_ted.BRUSSELS).date() + _DAY
            end = min(datetime.combine(day, time(), _ted.BRUSSELS).astimezone(begin.tzinfo), now)
            yield _ted_search.request(self.base_url, self.query, (begin, end))
            begin = end

    def read(self, response: Response, since: datetime) -> Page:
        """A page of the search, or one notice's document; ReadError for all else."""
        if response.body.lstrip(b"\xef\xbb\xbf\xfe\xff\x00 \t\r\n")[:1] != b"<":
            return _ted_search.read(response, self.base_url, self.languages)
        return Page((_document(response.body, self.languages),))


def _document(body: bytes, languages: tuple[str, ...]) -> Found:
    root = _xml.bare(_xml.root(body))
    if root.tag == _ted_legacy.ROOT:
        identity, notice = _ted_legacy.identity, _ted_legacy.notice
    elif root.tag in _ted_eforms.ROOTS:
        identity, notice = _ted_eforms.identity, _ted_eforms.notice
    else:
        raise ReadError(f"no notice of TED but {root.tag[:40]!r}", raw=_json.shown(body))
    try:
        record, id = identity(root)
    except ReadError as error:
        raise ReadError(str(error), raw=_json.shown(body)) from None

    def load() -> Notice:
        try:
            return notice(root, record, id, languages)
        except ReadError as error:
            raise ReadError(str(error), raw=_json.shown(body)) from None

    return Found(record, id, load)
