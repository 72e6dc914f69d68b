"""`fetch`: a source's present pages as files for a test. Touches the network and a folder."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import as_json, clean, instant, line, logs, options

if TYPE_CHECKING:
    from bot.config import Source
    from bot.contract import Response

# Headers that tell a test something and nobody anything: no cookies, no addresses, no tokens.
KEPT = (
    "content-type", "content-language", "date", "last-modified", "etag", "cache-control", "expires",
    "retry-after",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one request."""

    address: str  # without its query
    response: Response | None
    trouble: str  # why there is no page, or why its watcher cannot read it
    notices: int = 0
    faults: int = 0


@click.command(
    epilog="Example: tenderbell fetch find-a-tender --save pages --since 2026-06-12T00:00Z"
)
@click.argument("source")
@click.option(
    "--save", "folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="The folder for page-001.json (or .xml), page-001.headers and so on.",
)  # fmt: skip
@click.option(
    "--since", callback=instant,
    help="Ask for what was published since (ISO 8601 with offset); else as a poll does.",
)  # fmt: skip
@click.option("--pages", type=click.IntRange(1), default=5, show_default=True, help="At most.")
@as_json
@options
def fetch(
    path: Path,
    source: str,
    folder: Path,
    since: datetime | None,
    pages: int,
    json_: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Save real pages of SOURCE, a name in the config, as fixtures for a new case.

    Persons' names, e-mail addresses and telephone numbers are blanked where they can be told; read
    the pages before you keep them, for a name within a text stays. The database is not touched.
    Exit 1 if a page could not be had, was not readable or was not saved.
    """
    logs(verbose=verbose, quiet=not verbose)
    chosen, start, now = _asked(path, source, since)
    _make(folder)
    well = True
    count = 0
    for saved in _walk(chosen, start, now, pages):
        count += saved.response is not None
        told, fine = _keep(folder, count, saved)
        well &= fine
        if json_:
            line(told)
        elif not (quiet and fine):
            click.echo(_sentence(told), err=not fine)
    if not count:
        click.echo("no page was had", err=True)
    return 0 if well and count else 1


def _asked(path: Path, name: str, since: datetime | None) -> tuple[Source, datetime, datetime]:
    """The source, and the window of time that is asked for."""
    from bot import app
    from bot.config.scalars import meant
    from bot.loop import clock

    sources = app.load(path).sources
    if name not in sources:
        hint = meant(name, sources) or f"; there are: {', '.join(sources)}"
        raise click.BadParameter(f"no source {clean(name)!r}{hint}")
    now = clock()
    start = since or now - sources[name].watcher.overlap
    if start >= now:
        raise click.BadParameter("--since is not in the past")
    return sources[name], start, now


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if next(folder.glob("page-*"), None):
            raise click.BadParameter(f"{folder} holds pages already; name another folder")
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}") from error


def _walk(source: Source, since: datetime, now: datetime, most: int) -> Iterator[Saved]:
    """Each answer in the order of asking, as a poll would read them; a dead source ends the walk.

    A page that its watcher cannot read is a page: it is what a new case may be about.
    """
    from bot.errors import FetchError, ReadError
    from bot.fetch import Fetcher
    from bot.fetch.address import shown

    queue = deque(source.watcher.start(since, now))
    trusted = queue[0].url if queue else ""
    asked = set[tuple[str, bytes | None]]()
    with Fetcher(pause=source.pause, trusted=trusted, cooldown=source.watcher.cooldown) as fetcher:
        while queue and len(asked) < most:
            request = queue.popleft()
            if (request.url, request.body) in asked:
                continue
            asked.add((request.url, request.body))
            where = shown(request.url)
            try:
                response = fetcher.get(request)
            except FetchError as error:
                yield Saved(where, None, str(error))
                if request.part:
                    continue
                return
            try:
                page = source.watcher.read(response, since)
            except ReadError as error:
                yield Saved(where, response, f"not readable: {error}")
                continue
            yield Saved(where, response, "", len(page.found), len(page.faults))
            # Depth first: what follows belongs to the page just saved, not to the next window.
            queue.extendleft(replace(f, window=request.window) for f in reversed(page.follow))


def _keep(folder: Path, number: int, saved: Saved) -> tuple[dict[str, object], bool]:
    """Write one page and its headers; what is told of it, and whether all is well."""
    from bot.blank import blank, blank_text, is_xml

    told: dict[str, object] = {
        "file": None,
        "address": saved.address,
        "notices": saved.notices,
        "faults": saved.faults,
        "trouble": saved.trouble or None,
    }
    if saved.response is None:
        return told, False
    body, headers = saved.response.body, saved.response.headers
    try:
        page = blank(body)
    except ValueError as error:
        return told | {"trouble": f"not saved: {error}"}, False
    name = f"page-{number:03}"
    file = folder / f"{name}{'.xml' if is_xml(body) else '.json'}"
    lines = [f"{key}: {blank_text(headers[key])}" for key in KEPT if key in headers]
    file.write_bytes(page)
    text = "\n".join((f"HTTP {saved.response.status}", *lines, ""))
    (folder / f"{name}.headers").write_text(text, encoding="utf-8", errors="replace")
    return told | {"file": str(file), "bytes": len(page)}, not saved.trouble


def _sentence(told: dict[str, object]) -> str:
    what = f"{told['notices']} notices, {told['faults']} unreadable"
    if told["file"] is None:
        return clean(f"{told['address']}: {told['trouble']}")
    return clean(f"{told['file']}  {told['bytes']} bytes  {told['trouble'] or what}")
