"""Documents of TED to vary: the golden ones, with a passage replaced. Reads files."""

from __future__ import annotations

import json
from typing import Any

from bot.contract import Found, Page, Request, Response
from bot.model import Notice
from tests.watchers import golden
from watchers.ted import Ted

DATA = golden.DATA / "ted"
XML = Request("https://ted.europa.eu/en/notice/1-2026/xml")


def body(case: str, *changes: tuple[str, str]) -> bytes:
    """The golden document of a case; every passage to replace must be in it."""
    text = (DATA / case / "page.xml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def found(data: bytes, *languages: str) -> Found:
    watcher = Ted(query="PD>1", languages=languages or ("en",))
    (one,) = watcher.read(Response(XML, 200, {}, data), golden.SINCE).found
    return one


def notice(case: str, *changes: tuple[str, str], languages: tuple[str, ...] = ("en",)) -> Notice:
    one = found(body(case, *changes), *languages)
    loaded = one.load()
    assert (loaded.record, loaded.id) == (one.record, one.id)
    return loaded


def page(*rows: Any, request: Request | None = None, **more: Any) -> Page:
    """A page of the search as the watcher reads it."""
    said = {"notices": rows, "totalNoticeCount": len(rows), "iterationNextToken": None, **more}
    asked = request or golden.request("ted")
    data = json.dumps(said).encode()
    return golden.watcher("ted").read(Response(asked, 200, {}, data), golden.SINCE)


def row(**more: Any) -> dict[str, Any]:
    """The golden competition's row, its members replaced; None takes one out."""
    rows = json.loads((DATA / "search" / "page.json").read_text())["notices"]
    said = rows[0] | {name.replace("_", "-"): value for name, value in more.items()}
    return {name: value for name, value in said.items() if value is not None}
