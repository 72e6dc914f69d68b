"""The timeline of a process, told again from its notices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.detect import told
from bot.fold import fold, order
from bot.model import Event, Notice, Record


@dataclass(frozen=True, slots=True)
class Chapter:
    """One notice: the record around it, and what it gave to tell."""

    notice: Notice
    learned: datetime  # UTC
    before: Record | None
    after: Record
    event: Event | None


def story(notices: Iterable[tuple[Notice, datetime]], *, source: str) -> Iterator[Chapter]:
    """Chapter by chapter, in the order of publication, whatever the order of arrival was."""
    before = None
    for notice, learned in sorted(notices, key=lambda pair: order(pair[0])):
        after = fold(before, notice, source=source, learned=learned)
        yield Chapter(notice, learned, before, after, told(before, after, notice))
        before = after
