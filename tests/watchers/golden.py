"""The golden pages of every watcher. Reads files.

`python -m tests.watchers.golden` writes what is expected anew: read the difference first.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import watchers
from bot.contract import Page, Request, Response, Watcher

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)


def cases() -> list[Path]:
    """`data/<watcher>/<case>`, each with a page as the source would serve it."""
    return sorted(path.parent for path in DATA.glob("*/*/page.*"))


def body(case: Path) -> bytes:
    """The page of a case; a folder `page.zip` is packed, so that its files stay readable."""
    page = next(case.glob("page.*"))
    if page.is_file():
        return page.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(page.iterdir()):
            archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes())
    return packed.getvalue()


def watcher(name: str, case: Path | None = None) -> Watcher:
    """A watcher with the options of the case, or of `data/<watcher>/options.json`, if any."""
    places = [folder / "options.json" for folder in (case, DATA / name) if folder]
    options = next((place for place in places if place.exists()), None)
    found: Watcher = watchers.load()[name](**(json.loads(options.read_text()) if options else {}))
    return found


def request(name: str, case: Path | None = None) -> Request:
    """The first request that the watcher makes."""
    return next(iter(watcher(name, case).start(SINCE, NOW)))


def read(case: Path) -> Page:
    name = case.parent.name
    return watcher(name, case).read(Response(request(name, case), 200, {}, body(case)), SINCE)


def told(page: Page) -> dict[str, Any]:
    """A page as JSON: its notices loaded, defaults left out."""
    return {
        "complete": page.complete,
        "why": page.why,
        "follow": [request.url for request in page.follow],
        "faults": [[fault.id, fault.why] for fault in page.faults],
        "notices": [plain(found.load()) for found in page.found],
    }


def plain(value: Any) -> Any:
    """Dataclasses as objects without what is unset, instants as ISO 8601."""
    if is_dataclass(value):
        members = {f.name: (getattr(value, f.name), f.default) for f in fields(value)}
        return {
            name: plain(member)
            for name, (member, default) in members.items()
            if default is MISSING or member != default
        }
    if isinstance(value, datetime):
        return value.isoformat()
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def write() -> None:
    for case in cases():
        text = json.dumps(told(read(case)), indent=1, ensure_ascii=False)
        (case / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    write()
