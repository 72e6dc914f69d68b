"""What the two portals answer to a query, by their API documentation. Pure."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

Kind = Literal["fts", "cf"]  # Find a Tender, Contracts Finder
Release = Mapping[str, Any]

LONDON = ZoneInfo("Europe/London")
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
# A cursor is opaque to a client, but both portals say what characters it may hold.
CURSOR = re.compile(r"[A-Za-z0-9=]{0,300}")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Where a portal differs from the other."""

    path: str
    since: str
    until: str
    stages: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict)


APIS: Mapping[Kind, Api] = {
    "fts": Api(
        path="/api/1.0/ocdsReleasePackages",
        since="updatedFrom",
        until="updatedTo",
        stages=frozenset({"planning", "tender", "award"}),
        # No ETag and no Last-Modified: every poll is a whole one.
        headers={"Cache-Control": "no-store", "Set-Cookie": "SRSI_FT_AUTH=demo; path=/"},
    ),
    "cf": Api(
        path="/Published/Notices/OCDS/Search",
        since="publishedFrom",
        until="publishedTo",
        stages=frozenset({"planning", "tender", "award", "implementation"}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer. `sent` is how many bytes of the body go out before the line is cut."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: int | None = None  # None: all of them
    dropped: bool = False  # the line is cut before the status line


def published(release: Release) -> datetime:
    """The UTC instant of a release's `date`; the earliest there is when it cannot be read."""
    try:
        instant = datetime.fromisoformat(str(release.get("date")))
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return EARLIEST


def page(
    kind: Kind, base: str, query: str, held: Sequence[Release], now: datetime | None
) -> Answer:
    """The answer to a query string of `kind`; 400 says what the query should be.

    `held` is in the order of arrival and only ever grows; of it is shown what was published by
    `now` (UTC; None is all of it), newest first. `base` is the scheme and host of `links.next`.
    Bounds are inclusive. Rules: the two portals' API documentation.
    """
    api = APIS[kind]
    try:
        asked = _asked(api, query)
        wanted = _wanted(kind, asked, len(held))
    except (ValueError, OverflowError) as fault:
        return Answer(status=400, headers=_JSON, body=_dump({"message": str(fault)}))
    rest = [row for row in _shown(kind, held, now) if wanted.covers(row, held[row])]
    # A client's code reports that an encoded colon gives an empty answer with status 200.
    if kind == "cf" and "%3a" in query.lower():
        rest = []
    rows = rest[: wanted.limit]
    package = _package(f"{base}{api.path}?{query}", [held[row] for row in rows])
    if len(rest) > len(rows):
        package["links"] = {"next": _next(api, base, asked, rows[-1])}
    return Answer(headers=_JSON | dict(api.headers), body=_dump(package))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A query, understood."""

    since: datetime
    until: datetime
    limit: int
    below: int  # a row, not an offset, so that news does not shift the pages
    stages: frozenset[str]
    celex: bool  # only notices from before the Procurement Act

    def covers(self, row: int, release: Release) -> bool:
        if row >= self.below or not self.since <= published(release) <= self.until:
            return False
        if self.celex and release.get("tender", {}).get("legalBasis", {}).get("scheme") != "CELEX":
            return False
        return not self.stages or not self.stages.isdisjoint(release.get("tag", ()))


def _wanted(kind: Kind, asked: Mapping[str, str], count: int) -> _Wanted:
    api = APIS[kind]
    instant = _stamp if kind == "fts" else _instant
    stages = frozenset(asked.get("stages", "").split(",")) - {""}
    if stages - api.stages:
        raise ValueError(f"stages: of {', '.join(sorted(api.stages))}")
    return _Wanted(
        since=instant(asked[api.since]) if api.since in asked else EARLIEST,
        until=instant(asked[api.until]) if api.until in asked else LATEST,
        limit=_limit(asked.get("limit", "100")),
        below=_below(asked["cursor"]) if "cursor" in asked else count,
        stages=stages,
        celex=kind == "fts" and bool(stages),
    )


_JSON = {"Content-Type": "application/json"}


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode(errors="surrogatepass")


def _asked(api: Api, query: str) -> dict[str, str]:
    asked = dict(parse_qsl(query, keep_blank_values=True))
    allowed = ("limit", "cursor", api.since, api.until, "stages")
    for name in asked:
        if name not in allowed:
            raise ValueError(f"{name}: not one of {', '.join(allowed)}")
    return asked


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise ValueError("limit: a whole number from 1 to 100")
    return int(text)


def _below(cursor: str) -> int:
    """The row that a page stops short of."""
    if CURSOR.fullmatch(cursor):
        try:
            return int(b64decode(cursor, validate=True).rpartition(b"nextCursor=")[2])
        except ValueError:
            pass
    raise ValueError("cursor: not one of ours")


def _next(api: Api, base: str, asked: Mapping[str, str], row: int) -> str:
    kept = [f"{k}={asked[k]}" for k in (api.since, api.until, "limit", "stages") if k in asked]
    cursor = b64encode("|".join([*kept, f"nextCursor={row}"]).encode()).decode()
    return f"{base}{api.path}?" + "&".join([*kept, f"cursor={cursor}"])


def _stamp(text: str) -> datetime:
    """Find a Tender's time: London's, whatever a trailing Z says."""
    if not STAMP.fullmatch(text):
        raise ValueError("updatedFrom, updatedTo: YYYY-MM-DDTHH:MM:SS")
    return datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=LONDON).astimezone(UTC)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)  # a date alone is its midnight
    return (instant if instant.tzinfo else instant.replace(tzinfo=LONDON)).astimezone(UTC)


def _shown(kind: Kind, held: Sequence[Release], now: datetime | None) -> list[int]:
    """The rows that can be seen at `now`, newest first."""
    rows = [row for row, release in enumerate(held) if now is None or published(release) <= now]
    if kind == "cf":
        # Its search gives only the present release of a process; the earlier ones are gone.
        rows = list({str(held[row].get("ocid")): row for row in rows}.values())
    return sorted(rows, reverse=True)


def _package(uri: str, releases: list[Release]) -> dict[str, Any]:
    return {
        "uri": uri,
        "version": "1.1",
        "publishedDate": releases[0].get("date", "") if releases else "",
        "publisher": {"name": "Tenderbell's demo portal", "uri": "https://example.org/"},
        "license": "https://example.org/licence",
        "releases": releases,
    }
