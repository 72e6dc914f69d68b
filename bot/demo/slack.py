"""A stand-in of Slack's web API and of an incoming webhook; listens on a port of loopback."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from bot.demo.blocks import ill_formed
from bot.loop import clock

_SCOPES = frozenset({"chat:write", "channels:history", "channels:read"})


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

    method: str  # "chat.postMessage", "chat.update", or "webhook"
    body: Mapping[str, Any]
    ts: str  # "" for a webhook
    channel: str = ""  # its id

    @property
    def reference(self) -> str:
        return f"{self.channel}/{self.ts}"

    @property
    def root(self) -> str:
        """The `ts` of the message that it answers, its own where it answers none."""
        return str(self.body.get("thread_ts") or self.ts)


class Slack:
    """The stand-in, running from construction until `stop`; a context manager."""

    def __init__(
        self,
        *,
        token: str = "xoxb-demo",
        channels: tuple[str, ...] = (),
        scopes: frozenset[str] = _SCOPES,
    ) -> None:
        """`channels`: the only ones that exist; none given means any."""
        self.token, self.channels, self.scopes = token, channels, scopes
        self.faults: deque[Fault] = deque()
        self.received: list[Post] = []
        self.edits: list[Post] = []
        self.shown: dict[str, Post] = {}  # what stands in the channels now, by reference
        self.asked = 0  # requests, those refused as well
        self.calls: list[tuple[str, Fault | None]] = []  # each with what was done instead
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

    def next_fault(self, method: str) -> Fault | None:
        with self._lock:
            self.asked += 1
            fault = self.faults.popleft() if self.faults else None
            self.calls.append((method, fault))
            return fault

    def take(self, method: str, body: Mapping[str, Any]) -> Post:
        """Keep a message, or put it in the place of another."""
        with self._lock:
            if method == "chat.update":
                reference = f"{body['channel']}/{body['ts']}"
                post = replace(self.shown[reference], method=method, body=body)
                kept = ("thread_ts", "metadata")
                was = {k: v for k, v in self.shown[reference].body.items() if k in kept}
                self.edits.append(post)
                self.shown[reference] = replace(post, body={**was, **body})
                return post
            number = len(self.received) + 1
            ts = f"{int(clock().timestamp())}.{number:06d}" if method != "webhook" else ""
            post = Post(method, body, ts, self.id(str(body.get("channel", ""))))
            self.received.append(post)
            if ts:
                self.shown[post.reference] = post
            return post

    def id(self, channel: str) -> str:
        """The id of a channel of that name or id."""
        if not channel.startswith("#"):
            return channel
        return "C0" + "".join(c for c in channel.upper() if c.isalnum()).ljust(6, "0")

    def delete(self, reference: str) -> None:
        """As a person would, who is tired of a message."""
        with self._lock:
            del self.shown[reference]

    def refuses(self, method: str, body: Mapping[str, Any]) -> str:
        """The error by which Slack refuses a call, "" where it takes it."""
        channel = str(body.get("channel", ""))
        if method in ("auth.test", "conversations.list"):
            return "" if method == "auth.test" or "channels:read" in self.scopes else _NO_SCOPE
        if self.channels and self.id(channel) not in map(self.id, self.channels):
            return "channel_not_found"
        if method in ("conversations.history", "conversations.replies"):
            if "channels:history" not in self.scopes:
                return _NO_SCOPE
            if channel.startswith("#"):
                return "channel_not_found"  # it wants an id
            gone = method.endswith("replies") and f"{channel}/{body.get('ts')}" not in self.shown
            return "thread_not_found" if gone else ""
        if method == "chat.update":
            gone = f"{channel}/{body.get('ts')}" not in self.shown
            return "message_not_found" if gone else ill_formed(body)
        if method != "chat.postMessage":
            return "unknown_method"
        thread = body.get("thread_ts")
        if thread and f"{self.id(channel)}/{thread}" not in self.shown:
            return "thread_not_found"
        return ill_formed(body)

    def answers(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a method that only reads tells: pages, their place given by a cursor."""
        if method == "auth.test":
            return {}
        if method == "conversations.list":
            names = self.channels or tuple({str(p.body.get("channel")) for p in self.received})
            return {"channels": [{"id": self.id(n), "name": n.lstrip("#")} for n in names]}
        with self._lock:
            posts = [p for p in self.shown.values() if p.channel == body.get("channel")]
        if method == "conversations.replies":
            found = [p for p in posts if p.root == body.get("ts")]
        else:
            top = [p for p in posts if p.root == p.ts or p.body.get("reply_broadcast")]
            found = sorted(top, key=lambda p: p.ts, reverse=True)
        found = [p for p in found if float(p.ts) >= float(body.get("oldest") or 0)]
        start, limit = int(body.get("cursor") or 0), int(body.get("limit") or 100)
        more = str(start + limit) if len(found) > start + limit else ""
        told = _told(
            found[start : start + limit], body.get("include_all_metadata") in ("1", "true")
        )
        return {"messages": told, "response_metadata": {"next_cursor": more}}


_NO_SCOPE = "missing_scope"


def _told(posts: Iterable[Post], metadata: bool) -> list[dict[str, Any]]:
    """Posts as the history tells them."""
    return [
        {
            "type": "message",
            "ts": post.ts,
            "text": post.body.get("text", ""),
            **({"thread_ts": post.root} if post.root != post.ts else {}),
            **({"metadata": post.body.get("metadata")} if metadata else {}),
        }
        for post in posts
    ]


class _Server(ThreadingHTTPServer):
    slack: Slack
    daemon_threads = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the stand-in keeps what it received instead."""

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        self._serve(query)

    def do_POST(self) -> None:
        self._serve(None)

    def _serve(self, query: dict[str, Any] | None) -> None:
        slack = self.server.slack
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        api = path.startswith("/api/")
        method = path.removeprefix("/api/") if api else "webhook"
        fault = slack.next_fault(method)
        if fault and fault.drop == "before":
            return self._hang_up()
        if fault and not fault.drop:
            return self._answer(fault.status, fault.body, fault.headers)
        body = self._body(raw) if query is None else query
        error = self._refuses(method, body)
        if error:
            status = 200 if api else 400
            return self._answer(status, json.dumps({"ok": False, "error": error}) if api else error)
        told: dict[str, Any] = {"ok": True}
        if method in ("chat.postMessage", "chat.update", "webhook"):
            post = slack.take(method, body)
            told |= {"ts": post.ts, "channel": post.channel}
        else:
            told |= slack.answers(method, body)
        if fault and fault.drop == "hang":
            slack.stopped.wait()
        if fault:
            return self._hang_up()
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
        return slack.refuses(method, body)

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
