"""One page of a source: conditions, what is known already, what stands in. Touches the network."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine

from bot.config import Source
from bot.contract import Page, Request, Response
from bot.errors import FetchError, ReadError
from bot.store import asked, process
from bot.store.asked import Validator
from bot.store.engine import reading

log = logging.getLogger("tenderbell.poll")

# A server whose validator is stuck says "not modified" for ever: so often it is asked for all.
WHOLE = timedelta(hours=6)
# What no later attempt can mend.
_REFUSED = (401, 403, 404, 410, 451)


class Reader(Protocol):
    """Where pages come from: a Fetcher, or files."""

    def get(self, request: Request) -> Response: ...


class Asker:
    """Asks one source for pages during one poll at `now` (UTC)."""

    def __init__(
        self,
        engine: Engine,
        source: Source,
        reader: Reader,
        held: Mapping[str, Validator],
        now: datetime,
    ) -> None:
        self._engine = engine
        self._source = source
        self._reader = reader
        self._held = held
        self._now = now
        self.unchanged = 0
        self.fresh: dict[str, Validator] = {}  # to be kept once all that was read is committed

    def page(self, request: Request, since: datetime) -> Page:
        """The page of a request, empty where the server says that it is as it was."""
        held = self._held.get(request.url) if request.conditional else None
        if held and self._now - held.whole > WHOLE:
            held = None
        try:
            response = self._reader.get(asked.conditional(request, held))
            if response.status == 304:
                self.unchanged += 1
                return Page()
            page = self._source.watcher.read(replace(response, request=request), since)
        except (FetchError, ReadError) as error:
            refused = isinstance(error, ReadError) or error.status in _REFUSED
            if request.instead is None or not refused:
                raise
            log.info("source=%s what is known stands in: %s", self._source.name, error)
            return Page(found=(request.instead,))
        if request.conditional:
            etag, modified = (response.headers.get(n, "") for n in ("etag", "last-modified"))
            self.fresh[request.url] = Validator(etag, modified, self._now)
        return page

    def unknown(self, follow: tuple[Request, ...]) -> list[Request]:
        """Without those that would bring one notice which is stored already."""
        pairs = {request.notice for request in follow if request.notice}
        if not pairs:
            return list(follow)
        with reading(self._engine) as connection:
            old = process.known(connection, self._source.name, pairs)
        return [request for request in follow if request.notice not in old]
