"""Three publishers of OCDS on loopback, each with the shape of a real one. Listens on a port."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.servers import listening

PAGE = 2  # releases on a page

Query = dict[str, str]


def release(number: int, at: datetime, **tender: Any) -> dict[str, Any]:
    """A tender of a small town, published at `at`."""
    about = {
        "id": f"T-{number}",
        "title": f"School meals {number}",
        "status": "active",
        "classification": {"scheme": "CPV", "id": "55523100"},
        "tenderPeriod": {"endDate": "2026-07-01T10:00:00Z"},
    }
    buyer = {"id": "TOWN", "name": "Town of Eastbank", "roles": ["buyer"]}
    return {
        "ocid": f"ocds-abc123-{number}",
        "id": f"{number}-{at:%Y%m%d}",
        "date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "tag": ["tender"],
        "parties": [buyer],
        "tender": about | tender,
    }


@dataclass(slots=True)
class Publishers:
    """What they have published, and what they were asked for."""

    url: str = ""
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)  # what is dated later is not shown yet
    held: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def answer(self, target: str) -> tuple[int, bytes]:
        """Status and body for a GET of `target`."""
        self.asked.append(target)
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        shown = [r for r in self.held if _at(r) <= self.now]
        match parts.path:
            case "/api/OCDSReleases":
                return 200, self._numbered(parts.path, query, shown)
            case "/api/notice-exports":
                return self._day(query, shown)
            case "/api/v1/releasesAfter":
                return 200, self._newest(parts.path, query, shown)
        return 404, b"no such page"

    def _numbered(self, path: str, query: Query, shown: list[dict[str, Any]]) -> bytes:
        """South Africa's eTenders: days, both included, in pages with a number and a link."""
        found = [r for r in shown if query["dateFrom"] <= r["date"][:10] <= query["dateTo"]]
        number = int(query["PageNumber"])
        more = query | {"PageNumber": str(number + 1)}
        last = number * PAGE >= len(found)
        return self._package(
            found[(number - 1) * PAGE : number * PAGE], path, None if last else more
        )

    def _day(self, query: Query, shown: list[dict[str, Any]]) -> tuple[int, bytes]:
        """Germany's oeffentlichevergabe.de: a ZIP of packages for each day that is over."""
        if query["pubDay"] >= f"{self.now:%Y-%m-%d}":
            return 404, b""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for one in shown:
                if one["date"][:10] == query["pubDay"]:
                    archive.writestr(f"{one['id']}.json", self._package([one], "/", None))
        return 200, packed.getvalue()

    def _newest(self, path: str, query: Query, shown: list[dict[str, Any]]) -> bytes:
        """Peru's OECE: everything there ever was, the newest first, a cursor from page to page."""
        found = sorted(shown, key=lambda r: str(r["date"]), reverse=True)
        start = int(query.get("searchAfter", 0))
        more = query | {"searchAfter": str(start + PAGE)}
        return self._package(
            found[start : start + PAGE], path, more if start + PAGE < len(found) else None
        )

    def _package(self, releases: list[dict[str, Any]], path: str, more: Query | None) -> bytes:
        package = {"uri": f"{self.url}{path}", "version": "1.1", "releases": releases}
        if more:
            package["links"] = {"next": f"{self.url}{path}?{urlencode(more)}"}
        return json.dumps(package).encode()


def _at(found: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(found["date"])


@contextmanager
def publishers() -> Iterator[Publishers]:
    """All three on one address."""
    made = Publishers()

    class Line(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = made.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent: what was asked is in `asked`."""

    with listening(Line) as made.url:
        yield made
