"""Consecutive notices of one process, told as changes: `python -m tests.pairs DIR`. Reads files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from bot.model import Change, Notice
from bot.story import Chapter, story
from tests.watchers import survey


def processes(folder: Path) -> Iterator[tuple[str, list[tuple[Notice, datetime]]]]:
    """The notices of each process of a source, each once, learned when they were published."""
    for source in (*survey.SOURCES, "ted"):
        pages = survey.documents(folder) if source == "ted" else survey.notices(folder, source)
        found: dict[str, dict[str, Notice]] = {}
        for path, notice in pages:
            # The official examples of eForms use one procedure's identifier for many of them.
            shelf = f"{path.parent.name}/{path.name}/" if "sdk" in str(path) else ""
            found.setdefault(shelf + notice.record, {}).setdefault(notice.id, notice)
        for held in found.values():
            yield source, [(n, n.published) for n in held.values()]


def pairs(folder: Path, *, singles: bool = False) -> Iterator[tuple[str, Chapter]]:
    """Every notice with the one before it; with `singles`, updates whose original is not held."""
    for source, held in processes(folder):
        for chapter in story(held, source=source):
            notice = chapter.notice
            lone = notice.update or notice.edits or notice.cancels or not notice.restates
            if chapter.before or (singles and lone):
                yield source, chapter


def told(source: str, chapter: Chapter) -> Iterable[str]:
    """A pair in a few lines."""
    notice, event, before = chapter.notice, chapter.event, chapter.before
    step = f"{before.kind if before else ''} → {notice.kind}{'*' if notice.update else ''}"
    name = event.name if event else "nothing"
    yield f"{source} {notice.record} {step}  {notice.id} {notice.published:%Y-%m-%d %H:%M}  {name}"
    for note in event.notes if event else ():
        yield f"    ! {note}"
    for change in event.changes if event else ():
        yield f"    {line(change)}"
    if event and event.words:
        yield f"    “{event.words}”"


def line(change: Change) -> str:
    lot = f" [{change.lot}]" if change.lot else ""
    mark = " (words)" if change.origin == "words" else ""
    return f"{change.field}{lot}{mark}: {change.was!r} → {change.now!r}"


def main(folder: Path, *flags: str) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for source, chapter in pairs(folder, singles="--singles" in flags):
        print(*told(source, chapter), sep="\n")
        counts[source, chapter.event.name if chapter.event else "nothing"] += 1
    print()
    for (source, name), count in sorted(counts.items()):
        print(f"{source:28} {name:10} {count:4}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
