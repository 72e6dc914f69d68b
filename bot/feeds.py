"""Keeps the calendar file of each subscription that has one. Touches database and files."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from bot.alarm import report
from bot.calendar import Entry, block, entries, feed_of, sequence
from bot.choice import Key, Mute, concerning
from bot.health import Alarm
from bot.match import Index
from bot.model import Event, Record
from bot.plan import concerns
from bot.setup import Setup
from bot.store import choices, health, joins, process
from bot.store.engine import reading
from bot.wants import Match

log = logging.getLogger("tenderbell.feeds")

# Looked at again after so long in any case: what another process folded may have left no trace.
LONGEST = timedelta(hours=1)
# A file that could not be written is tried again so soon.
AGAIN = timedelta(minutes=5)


@dataclass(slots=True)
class _Known:
    """What was found last time and holds for a record until it is folded again."""

    # Who wants it, by record and sequence.
    matches: dict[tuple[str, int], Sequence[Match]] = field(default_factory=dict)
    # Its entries as written, by name, sequence, and whether they are called off.
    written: dict[tuple[str, int, bool], bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class _Line:
    """One entry of a feed."""

    at: datetime  # UTC
    uid: str
    same: tuple[str, str, datetime]  # the procurement, kind and instant: once for all portals
    written: bytes


class Feeds:
    """The calendar files of one config; remembers what it last wrote, and until when that holds."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        calendars = setup.config.calendars
        self._index = Index([s for s in setup.config.subscriptions if s.name in calendars])
        self._news: object = None
        self._until: datetime | None = None  # UTC
        self._known = _Known()

    def refresh(self, now: datetime) -> int:
        """Rewrite what differs at `now` (UTC); how many files were written.

        Cheap while no poll has brought anything, nobody muted anything and no entry has passed.
        """
        if not self._setup.config.calendars:
            return 0
        with reading(self._setup.engine) as connection:
            news = health.latest_news(connection), choices.all_muted(connection)
        if self._until and now < self._until and news == self._news:
            return 0
        lines = self._collect(now)
        written, failed = 0, False
        for name, path in self._setup.config.calendars.items():
            content = feed_of(name, (line.written for line in _once(sorted(lines[name]))))
            error = ""
            try:
                written += _write(path, content)
            except OSError as fault:
                error, failed = f"{path.name}: {fault.strerror or fault}", True
                log.warning("calendar=%r cannot be written: %s", name, error)
            self._tell(name, error, now)
        first = min((line.at for held in lines.values() for line in held), default=now + LONGEST)
        self._until = min(first, now + (AGAIN if failed else LONGEST))
        self._news = news
        return written

    def _collect(self, now: datetime) -> Mapping[str, list[_Line]]:
        """The lines of each subscription, of every record that it matches as it stands."""
        lines: dict[str, list[_Line]] = {name: [] for name in self._setup.config.calendars}
        known, self._known = self._known, _Known()
        with reading(self._setup.engine) as connection:
            twins = joins.twin_names(connection)
            mutes = choices.all_muted(connection)
            for record in chain(process.live(connection), process.called_off(connection)):
                found = entries(record, now)
                if not found or _muted(record, mutes, twins, now):
                    continue
                event = _standing(record)
                for match in self._matches(event, known):
                    for entry in found:
                        if _concerns(match, event, entry):
                            name = twins.get((record.source, record.id), entry.uid)
                            lines[match.subscription].append(self._line(entry, name, known))
        return lines

    def _matches(self, event: Event, known: _Known) -> Sequence[Match]:
        assert event.record is not None
        key = event.record.key, sequence(event.record)
        found = known.matches.get(key)
        self._known.matches[key] = self._index.matches(event) if found is None else found
        return self._known.matches[key]

    def _line(self, entry: Entry, name: str, known: _Known) -> _Line:
        key = entry.uid, sequence(entry.record), entry.off
        written = self._known.written.get(key) or known.written.get(key)
        self._known.written[key] = written or block(entry, self._setup.config.timezone)
        at = entry.deadline.at
        same = name, entry.deadline.kind, at
        return _Line(at, entry.uid, same, self._known.written[key])

    def _tell(self, name: str, error: str, now: datetime) -> None:
        """Operators hear once that a file cannot be written, and once that it can."""
        subject = f"calendar {name}"
        with reading(self._setup.engine) as connection:
            told = health.raised(connection, subject)
        if bool(told) == bool(error):
            return
        found = [Alarm("unwritable", "cannot be written", error)] if error else []
        with self._setup.engine.begin() as connection:
            report(connection, self._setup, subject, found, now)


def _standing(record: Record) -> Event:
    """A record as it stands, to be asked who wants it."""
    return Event(key="", name="new", source=record.source, at=record.published, record=record)


def _muted(record: Record, mutes: Iterable[Mute], twins: Mapping[Key, str], now: datetime) -> bool:
    """Whether nobody is to hear of it; a cancellation is told all the same, as by any channel."""
    key = (record.source, record.id)
    mine = {key, twins.get(key)}
    meant = [
        m for m in mutes if m.record is None or mine & {m.record, twins.get(m.record)} - {None}
    ]
    silent = concerning(meant, (record,), now)
    return any(mute.all or record.status != "cancelled" for mute in silent)


def _concerns(match: Match, event: Event, entry: Entry) -> bool:
    """Whether any of the lots that the entry stands for is one that was matched."""
    return any(
        concerns(match, replace(event, deadline=replace(entry.deadline, lot=lot)))
        for lot in entry.lots or (None,)
    )


def _once(lines: list[_Line]) -> Iterator[_Line]:
    seen = set()
    for line in lines:
        if line.same not in seen:
            seen.add(line.same)
            yield line


def _write(path: Path, content: bytes) -> bool:
    """Put the content in place of the file's, at once and whole; False where it is the same."""
    target = path.resolve()
    mode = None
    with suppress(FileNotFoundError):
        if target.read_bytes() == content:
            return False
        mode = stat.S_IMODE(target.stat().st_mode)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return True
