"""A portal on loopback that answers as Find a Tender and Contracts Finder do. Listens on a port."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from bot.demo.faults import Fault
from bot.demo.pages import APIS, Answer, Kind, Release, page, published

# Seconds after which an idle connection is closed, so that no thread outlives its client for long.
IDLE = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the portal got."""

    kind: Kind | None  # None: neither API, it was answered 404
    target: str  # path and query, byte for byte
    headers: Mapping[str, str]  # names in lower case


class Portal:
    """Find a Tender and Contracts Finder on one address, up to an instant that the caller sets.

        with Portal(releases_fts=[...]) as portal:
            portal.now = ...
            httpx.get(portal.url + "/api/1.0/ocdsReleasePackages")

    `now` (UTC) hides what is published later; None shows everything.
    All of it may be used from any thread.
    """

    def __init__(
        self,
        *,
        releases_fts: Iterable[Release] = (),
        releases_cf: Iterable[Release] = (),
        now: datetime | None = None,
    ) -> None:
        self.now = now
        self.requests: list[Asked] = []
        self._held: dict[Kind, list[Release]] = {
            "fts": sorted(releases_fts, key=published),
            "cf": sorted(releases_cf, key=published),
        }
        self._faults: dict[Kind, deque[Answer | Fault]] = {"fts": deque(), "cf": deque()}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _line_to(self))
        # A poll of 50 ms, not the default 500: closing waits for it.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def publish(self, kind: Kind, release: Release) -> None:
        """Add a release on top of the others, as they arrive; its `date` says when it is shown."""
        with self._lock:
            self._held[kind].append(release)

    def script(self, kind: Kind, *answers: Answer | Fault) -> None:
        """Go wrong on the next requests of `kind`, one answer or fault each, then be well again."""
        with self._lock:
            self._faults[kind].extend(answers)

    def heal(self, kind: Kind) -> None:
        """Forget the faults that are still to come."""
        with self._lock:
            self._faults[kind].clear()

    def answer(self, target: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET of `target`, noted in `requests`."""
        path, query = urlsplit(target).path, urlsplit(target).query
        kind = next((kind for kind, api in APIS.items() if api.path == path), None)
        with self._lock:
            self.requests.append(Asked(kind, target, headers))
            if kind is None:
                return Answer(status=404, headers={"Content-Type": "text/plain"}, body=b"No page")
            fault = self._faults[kind].popleft() if self._faults[kind] else None
            held = tuple(self._held[kind])
        if isinstance(fault, Answer):
            return fault
        ordinary = page(kind, self.url, query, held, self.now)
        return fault(ordinary) if fault else ordinary


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair; anything else is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _line_to(portal: Portal) -> type[BaseHTTPRequestHandler]:
    class Line(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = IDLE
        wbufsize = -1  # head and body in one packet: apart, each answer waits 40 ms for an ACK

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = portal.answer(self.path, headers)
            if answer.dropped:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.sent])
            self.close_connection |= answer.sent is not None

        def log_message(self, *_: Any) -> None:
            """Silent: what the portal was asked is in `requests`."""

    return Line
