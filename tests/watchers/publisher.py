"""The watcher for any publisher of OCDS at one address, and what it makes of a body. Pure."""

from __future__ import annotations

import json
from typing import Any

from bot.contract import Page, Request, Response
from bot.model import Notice
from tests.make import at
from tests.watchers import ocds
from watchers.ocds import Ocds

HOST = "https://data.example.org"
URL = HOST + "/releases?from={from}&to={to}"
WINDOW = (at("2026-05-10T00:00"), at("2026-05-12T00:00"))


def page(body: bytes, address: str = f"{HOST}/releases", **options: Any) -> Page:
    watcher = Ocds(**({"url": URL} | options))
    return watcher.read(Response(Request(address, window=WINDOW), 200, {}, body), WINDOW[0])


def notices(body: bytes, **more: Any) -> list[Notice]:
    return [found.load() for found in page(body, **more).found]


def ids(body: bytes, **more: Any) -> list[str]:
    return [found.id for found in page(body, **more).found]


def dump(*values: Any) -> bytes:
    return "\n".join(map(json.dumps, values)).encode()


def compiled(id: str, date: str | None = "2026-05-12T08:00:00Z", **more: Any) -> dict[str, Any]:
    return ocds.release(ocid="ocds-abc123-1", id=id, date=date, tag=["compiled"], **more)
