"""A stand-in of Slack's web API and of an incoming webhook; listens on a port of loopback."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl

_SECTION, _HEADER, _BLOCKS, _TEXT = 3000, 150, 50, 40_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What the stand-in does with one request instead of taking it."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    # "before": hangs up unread; "after": takes the message and hangs up; "hang": takes it and
    # says nothing until the stand-in stops.
    drop: Literal["", "before", "after", "hang"] = ""


def refusal(error: str) -> Fault:
    """Slack's usual way to say no: 200 and `ok: false`."""
    return Fault(body=json.dumps({"ok": False, "error": error}))


def busy(seconds: int) -> Fault:
    """A rate limit, `seconds` to wait."""
    body = json.dumps({"ok": False, "error": "ratelimited"})
    return Fault(429, body, {"Retry-After": str(seconds)})


@dataclass(frozen=True, slots=True)
class Post:
    """A message that was taken."""

    method: str  # "chat.postMessage", or "webhook"
    body: Mapping[str, Any]
    ts: str  # "" for a webhook


class Slack:
    """The stand-in, running from construction until `stop`; a context manager."""

    def __init__(self, *, token: str = "xoxb-demo", channels: tuple[str, ...] = ()) -> None:
        """`channels`: the only ones that exist; none given means any."""
        self.token, self.channels = token, channels
        self.faults: deque[Fault] = deque()
        self.received: list[Post] = []
        self.asked = 0  # requests, those refused as well
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.slack = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{root}/api/"
        self.hook = f"{root}/services/T0/B0/{token}"

    def __enter__(self) -> Slack:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Answer what hangs, close the port, wait for the thread."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_fault(self) -> Fault | None:
        with self._lock:
            self.asked += 1
            return self.faults.popleft() if self.faults else None

    def take(self, method: str, body: Mapping[str, Any]) -> str:
        """Keep a message; its `ts`."""
        with self._lock:
            ts = f"1760000000.{len(self.received) + 1:06d}" if method != "webhook" else ""
            self.received.append(Post(method, body, ts))
            return ts


class _Server(ThreadingHTTPServer):
    slack: Slack
    daemon_threads = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the stand-in keeps what it received instead."""

    def do_POST(self) -> None:
        slack = self.server.slack
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = slack.next_fault()
        if fault and fault.drop == "before":
            return self._hang_up()
        if fault and not fault.drop:
            return self._answer(fault.status, fault.body, fault.headers)
        api = self.path.startswith("/api/")
        method = self.path.removeprefix("/api/") if api else "webhook"
        body = self._body(raw)
        error = self._refuses(method, body)
        if error:
            status = 200 if api else 400
            return self._answer(status, json.dumps({"ok": False, "error": error}) if api else error)
        ts = slack.take(method, body) if method in ("chat.postMessage", "webhook") else ""
        if fault and fault.drop == "hang":
            slack.stopped.wait()
        if fault:
            return self._hang_up()
        told = {"ok": True, "ts": ts, "channel": body.get("channel", "")}
        return self._answer(200, json.dumps(told) if api else "ok")

    def _body(self, raw: bytes) -> dict[str, Any]:
        if "json" in self.headers.get("Content-Type", ""):
            found = json.loads(raw or b"{}")
            return found if isinstance(found, dict) else {}
        return dict(parse_qsl(raw.decode()))

    def _refuses(self, method: str, body: Mapping[str, Any]) -> str:
        slack = self.server.slack
        if method == "webhook":
            known = self.path.rsplit("/", 1)[-1] == slack.token
            return ill_formed(body) if known else "invalid_token"
        if self.headers.get("Authorization") != f"Bearer {slack.token}":
            return "invalid_auth"
        if method == "auth.test":
            return ""
        if method != "chat.postMessage":
            return "unknown_method"
        if slack.channels and body.get("channel") not in slack.channels:
            return "channel_not_found"
        return ill_formed(body)

    def _answer(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        data = body.encode()
        self.send_response(status)
        kind = "application/json" if body.startswith("{") else "text/html"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _hang_up(self) -> None:
        self.close_connection = True


def ill_formed(body: Mapping[str, Any]) -> str:
    """The error by which Slack refuses a message's form, "" where it takes it."""
    text, blocks = body.get("text") or "", body.get("blocks") or []
    if not text and not blocks:
        return "no_text"
    if len(text) > _TEXT:
        return "msg_too_long"
    if len(blocks) > _BLOCKS:
        return "invalid_blocks"
    for block in blocks:
        inner = block.get("text", {}).get("text", "")
        limit = _HEADER if block.get("type") == "header" else _SECTION
        if not 0 < len(inner) <= limit:
            return "invalid_blocks"
    return ""
