"""`history`: the timeline of a contracting process. Touches the database."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from bot.changes import stated
from bot.cli.common import as_json, clean, line, logs, options
from bot.cli.find import named, unknown
from bot.fold import order
from bot.model import Deadline
from bot.render.facts import change_facts
from bot.store import deliveries, process
from bot.store.engine import reading
from bot.story import Chapter, story
from bot.when import iso, local


@click.command(epilog="Example: tenderbell history ocds-h6vhtk-05e520")
@click.argument("notice")
@as_json
@options
def history(path: Path, notice: str, json_: bool, verbose: bool, quiet: bool) -> int:
    """The timeline of a process: its notices, what changed in each, what was sent to whom.

    NOTICE is an ocid, a notice id or a notice's URL.
    """
    from bot.app import open_all
    from bot.loop import clock

    logs(verbose=verbose, quiet=quiet)
    setup = open_all(path, clock())
    with reading(setup.engine) as connection:
        found = named(connection, notice)
        if not found:
            unknown(notice)
            return 1
        told: dict[str, list[Any]] = defaultdict(list)
        reminders: list[Any] = []
        chapters: list[Chapter] = []
        for source, record in found:
            for row, event in deliveries.rows(connection, source=source, record=record):
                (reminders if event.deadline else told[event.key]).append(row)
            chapters += story(process.history(connection, source, record), source=source)
        chapters.sort(key=lambda chapter: order(chapter.notice))
        for chapter in chapters:
            rows = told.get(chapter.event.key, []) if chapter.event else []
            if json_:
                line(_facts(chapter, rows))
            else:
                _print(chapter, rows, setup.config.timezone, several=len(found) > 1)
        if not json_:
            for row in reminders:
                click.echo(f"  reminder {_delivered(row, setup.config.timezone)}")
    return 0


def _facts(chapter: Chapter, rows: list[Any]) -> dict[str, Any]:
    """One notice as `history --json` promises it."""
    notice, event = chapter.notice, chapter.event
    return {
        "notice": notice.id,
        "source": chapter.after.source,
        "record": notice.record,
        "published": iso(notice.published),
        "kind": notice.kind,
        "stage": chapter.after.stage,
        "event": event.name if event else None,
        "of": _of(chapter),
        "changes": [change_facts(change) for change in event.changes] if event else [],
        "words": notice.words,
        "flags": list(event.notes) if event else [],
        "deadlines": [_deadline(deadline) for deadline in chapter.after.facts.deadlines],
        "told": [row.key for row in rows],
    }


def _of(chapter: Chapter) -> str:
    if chapter.notice.cancels:
        return chapter.notice.cancels
    return {"planning": "tender", "tender": "tender"}.get(chapter.notice.stage) or str(
        chapter.notice.stage
    )


def _deadline(deadline: Deadline) -> dict[str, Any]:
    return {
        "kind": deadline.kind,
        "at": stated(deadline),
        "lot": deadline.lot,
        "firm": deadline.firm,
        "from": deadline.origin,
    }


def _print(chapter: Chapter, rows: list[Any], zone: Any, *, several: bool) -> None:
    notice, event = chapter.notice, chapter.event
    what = event.name if event else "nothing to tell"
    where = f"  [{chapter.after.source}]" if several else ""
    click.echo(f"{local(notice.published, zone)}  {notice.kind:<5} {notice.id}  {what}{where}")
    if event and event.name == "new":
        click.echo(f"    {clean(chapter.after.facts.title or '')}")
    for note in event.notes if event else ():
        click.echo(f"    {note}")
    for change in event.changes if event else ():
        lot = f" (lot {clean(change.lot)})" if change.lot else ""
        read = "  (read from the notice's text)" if change.origin == "words" else ""
        click.echo(f"    {change.field}{lot}: {_side(change.was)} → {_side(change.now)}{read}")
    if notice.words:
        click.echo(f"    in the buyer's words: {clean(notice.words)[:300]}")
    for row in rows:
        click.echo(f"    {_delivered(row, zone)}")


def _side(value: Any) -> str:
    if value is None:
        return "not stated"
    text = ", ".join(value) if isinstance(value, (list, tuple)) else str(value)
    return clean(text)[:200]


def _delivered(row: Any, zone: Any) -> str:
    to = f"{row.channel} {row.recipient}".strip()
    when = f" {iso(row.sent)}" if row.sent else f", {clean(row.why)}" if row.why else ""
    if row.digest and row.status == "waiting":
        when += f", for the digest of {local(row.due, zone)}"
    return f"{row.status} to {to}{when}  [{clean(row.key)}]"
