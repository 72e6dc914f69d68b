"""The timeline of a process, told again from its notices, and what comes late to it. Pure."""

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


def belated(before: Record, after: Record, notice: Notice) -> Event | None:
    """What a notice gives to tell that is older than what was folded, around the present state.

    It is told only if the present state changes by it; a record that is cancelled stays so.
    """
    if (before.facts, before.status, before.stage) == (after.facts, after.status, after.stage):
        return None
    if after.status == "cancelled" == before.status:
        return None
    return told(None if not before.whole and notice.restates else before, after, notice)
