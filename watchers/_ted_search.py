"""TED's search (API v3): the request of a window, a page of rows, a row as a notice. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import partial

from bot.contract import Fault, Found, Page, Request, Response, Window
from bot.errors import ReadError
from watchers import _json, _ted
from watchers._take import Json, obj, text
from watchers._ted_row import identity, needs_document, notice

API = "https://api.ted.europa.eu"
PATH = "/v3/notices/search"
# Rows times fields, and `links` that always comes, are at most 10,000 on a page of 250.
LIMIT = 250
FIELDS = (
    "publication-number",
    "publication-date",
    "notice-identifier",
    "procedure-identifier",
    "notice-type",
    "notice-subtype",
    "form-type",
    "procedure-type",
    "notice-title",
    "title-proc",
    "description-proc",
    "buyer-name",
    "buyer-country",
    "classification-cpv",
    "place-of-performance",
    "deadline-receipt-tender-date-lot",
    "deadline-receipt-tender-time-lot",
    "deadline-receipt-request-date-lot",
    "deadline-receipt-request-time-lot",
    "estimated-value-proc",
    "estimated-value-cur-proc",
    "total-value",
    "total-value-cur",
    "winner-name",
    "winner-selection-status",
    "non-award-justification",
    "result-value-notice",
    "result-value-cur-notice",
    "change-reason-code",
    "change-description",
    "change-reason-description",
    "change-notice-version-identifier",
)
_MICROSECOND = timedelta(microseconds=1)


def request(base_url: str | None, query: str, window: Window, token: str = "") -> Request:
    """The search for all notices of a window's days (Brussels time), or its next page."""
    first = window[0].astimezone(_ted.BRUSSELS)
    last = (window[1] - _MICROSECOND).astimezone(_ted.BRUSSELS)
    body: Json = {
        "query": f"({query}) AND PD>={first:%Y%m%d} AND PD<={last:%Y%m%d}",
        "fields": FIELDS,
        "limit": LIMIT,
        "scope": "ALL",
        "paginationMode": "ITERATION",
    }
    if token:
        body["iterationNextToken"] = token
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    data = json.dumps(body).encode()
    return Request(f"{base_url or API}{PATH}", "POST", data, headers, window=window)


def read(response: Response, base_url: str | None, languages: tuple[str, ...]) -> Page:
    """The rows of a page: those that say all are notices, the rest are asked for as documents.

    ReadError for what is no page of the search. A saved page (a `file:` address) leads nowhere: all
    its rows are notices.
    """
    decoded, _ = _json.decode(response.body)
    page = obj(decoded)
    if type(page.get("notices")) is not list:
        raise ReadError("no page of the TED search", raw=_json.shown(response.body))
    saved = response.request.url.startswith("file:")
    found: dict[str, Found] = {}
    follow: dict[str, Request] = {}
    faults: dict[str, Fault] = {}
    for row in page["notices"]:
        try:
            number, record = identity(obj(row))
        except ReadError as error:
            raw = repr(row)[: _json.KEPT]
            id = hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()[:16]
            faults.setdefault(id, Fault(id, str(error), raw))
            continue
        alone = not saved and needs_document(row)
        load = partial(notice, row, record or number, number, languages, alone=alone or saved)
        one = Found(record or number, number, load)
        if alone:
            follow.setdefault(number, _document(response.request, base_url, one, sure=bool(record)))
        else:
            found.setdefault(number, one)
    more, why = (None, "") if saved else _next(response.request, page)
    return Page(
        tuple(found.values()),
        tuple(faults.values()),
        (*((more,) if more else ()), *follow.values()),
        complete=not why,
        why=why,
    )


def _document(request: Request, base_url: str | None, one: Found, *, sure: bool) -> Request:
    """The request for a notice's document; one already known is not asked for again.

    The record of an old corrigendum or award stands in its document alone.
    """
    return Request(
        f"{base_url or _ted.HOME}/en/notice/{one.id}/xml",
        window=request.window,
        notice=(one.record, one.id) if sure else None,
        instead=one,
    )


def _next(request: Request, page: Json) -> tuple[Request | None, str]:
    """The request for the next page, or why there should be one and is none.

    The last page still carries a token: an empty page ends the walk, and a first page that holds
    the announced total.
    """
    if page.get("timedOut") is True:
        return None, "the search timed out, and gave less than it found"
    token, here = text(page.get("iterationNextToken")), len(page["notices"])
    total = page.get("totalNoticeCount")
    try:
        sent = obj(json.loads(request.body or b"{}"))
    except (ValueError, RecursionError):
        sent = {}
    own = text(sent.get("iterationNextToken"))
    if not own and type(total) is int and here >= total:
        return None, ""
    if not token:
        short = not own and type(total) is int
        return None, f"{here} of {total} notices and no way to the rest" if short else ""
    if not here:
        return None, ""
    if token == own:
        return None, "the search gives the same page again"
    sent["iterationNextToken"] = token
    body = json.dumps(sent).encode()
    return Request(request.url, "POST", body, request.headers, window=request.window), ""
