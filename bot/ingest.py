"""Polls a source window by window; reminds of what came near. Touches network and database."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.config import Source
from bot.contract import Fault, Page, Request
from bot.detect import reminders, told, wake
from bot.errors import FetchError, ReadError
from bot.fetch import Fetcher
from bot.fold import fold, order, refold
from bot.model import Event, Notice, Record
from bot.plan import is_open
from bot.setup import Clock, Setup
from bot.store import duty, outbox, process
from bot.store.engine import reading

log = logging.getLogger("tenderbell.poll")

# A window that the source cuts short is halved at most so often.
DEPTH = 4
# A process that dies holds a source for so long at most; a living one renews.
LEASE = timedelta(minutes=5)
# Reminders planned in one transaction.
BATCH = 500


class Stopped(Exception):
    """The service is to stop: what is committed stands, the rest is read again."""


class Overtaken(Exception):
    """The lease ran out and another process polls this source now."""


@dataclass(slots=True)
class PollReceipt:
    """What one poll did."""

    source: str
    windows: int = 0
    pages: int = 0
    notices: int = 0  # seen, known ones included
    new: int = 0
    aside: int = 0  # newly set aside as unreadable
    events: int = 0
    deliveries: int = 0
    incomplete: list[str] = field(default_factory=list)
    error: str = ""
    retry_after: float | None = None  # seconds, as the source asked

    @property
    def failed(self) -> bool:
        return bool(self.error or self.incomplete)


class Poll:
    """One poll of one source, from its watermark to `now` (UTC)."""

    def __init__(
        self,
        setup: Setup,
        source: Source,
        now: datetime,
        *,
        fence: int,
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._setup = setup
        self._source = source
        self._now = now
        self._fence = fence
        self._clock = clock
        self._stopping = stopping
        self._renewed = clock()
        self._blocked = False  # a window was not read to its end: the watermark stays before it
        self.receipt = PollReceipt(source.name)
        with reading(setup.engine) as connection:
            state = duty.source(connection, source.name)
        self._started = bool(state and state.started)
        self._watermark: datetime | None = state.watermark if state else None
        self.failures: int = state.failures if state else 0

    def run(self) -> PollReceipt:
        """Read every window; what fails is said in the receipt, and what was read stands."""
        watcher, source = self._source.watcher, self._source
        since = self._now - source.backfill
        if self._watermark:
            since = min(self._watermark, self._now) - watcher.overlap
        requests = list(watcher.start(since, self._now))
        # The operator's own `base_url`, or the address that the watcher is written for.
        trusted = requests[0].url if requests else ""
        try:
            with Fetcher(pause=source.pause, trusted=trusted, cooldown=watcher.cooldown) as fetcher:
                for request in requests:
                    self.receipt.windows += 1
                    whole = self._walk(fetcher, request, since)
                    self._commit(request, whole=whole)
        except (FetchError, ReadError) as error:
            self.receipt.error = str(error)
            self.receipt.retry_after = getattr(error, "retry_after", None)
        return self.receipt

    # ------------------------------------------------------------ reading

    def _walk(self, fetcher: Fetcher, first: Request, since: datetime, depth: int = 0) -> bool:
        """Read a window to its end; True when nothing of it can be missing."""
        queue, asked = deque([first]), set[tuple[str, bytes | None]]()
        why = ""
        while queue:
            request = queue.popleft()
            if (request.url, request.body) in asked:
                why = "the source leads back to a page that was read already"
                continue
            asked.add((request.url, request.body))
            self._heartbeat()
            page = self._source.watcher.read(fetcher.get(request), since)
            self._keep(page)
            if not page.complete:
                why = page.why or "the source cut its answer short"
            queue.extend(replace(follow, window=request.window) for follow in page.follow)
        if not why:
            return True
        return self._split(fetcher, first, since, depth, why)

    def _split(
        self, fetcher: Fetcher, request: Request, since: datetime, depth: int, why: str
    ) -> bool:
        if request.window is None or depth == DEPTH:
            self.receipt.incomplete.append(why)
            return False
        start, end = request.window
        middle = start + (end - start) / 2
        halves = [(start, middle), (middle, end)]
        log.info("source=%s split from=%s to=%s why=%s", self._source.name, start, end, why)
        results = [
            self._walk(fetcher, part, since, depth + 1)
            for half_start, half_end in halves
            for part in self._source.watcher.start(half_start, half_end)
        ]
        return all(results)

    def _keep(self, page: Page) -> None:
        """Store what the page brought that is new, in a transaction of its own."""
        name, engine = self._source.name, self._setup.engine
        self.receipt.pages += 1
        self.receipt.notices += len(page.found)
        pairs = {(found.record, found.id) for found in page.found}
        with reading(engine) as connection:
            old = process.known(connection, name, pairs)
        faults = list(page.faults)
        fresh: list[Notice] = []
        for found in page.found:
            if (found.record, found.id) in old:
                continue
            try:
                fresh.append(found.load())
            except ReadError as error:
                faults.append(Fault(found.id, str(error), error.raw))
        if not fresh and not faults:
            return
        with engine.begin() as connection:
            process.keep(connection, name, fresh, self._now)
            if faults:
                self.receipt.aside += process.set_aside(connection, name, faults, self._now)
        self.receipt.new += len(fresh)

    def _heartbeat(self) -> None:
        if self._stopping():
            raise Stopped
        real = self._clock()
        if real - self._renewed > LEASE / 2:
            with self._setup.engine.begin() as connection:
                self._hold(connection, real)

    def _hold(self, connection: Connection, real: datetime) -> None:
        if not duty.renew(connection, f"poll:{self._source.name}", self._fence, real + LEASE):
            raise Overtaken
        self._renewed = real

    # ------------------------------------------------------------ folding

    def _commit(self, request: Request, *, whole: bool) -> None:
        """Fold what the window brought; its events and deliveries are in the same transaction."""
        self._blocked = self._blocked or not whole
        if request.window and not self._blocked:
            self._watermark = min(request.window[1], self._now)
        name = self._source.name
        with reading(self._setup.engine) as connection:
            if not process.has_unfolded(connection, name):
                return
        with self._setup.engine.begin() as connection:
            self._hold(connection, self._clock())
            happened = fold_kept(connection, self._setup, name, self._now)
            if self._started:
                planned = self._setup.planner.plan(happened, self._now)
                queued = outbox.queue(connection, happened, planned)
                self.receipt.events += len(happened)
                self.receipt.deliveries += len(queued)
            duty.set_source(connection, name, watermark=self._watermark)

    def settle(self, connection: Connection) -> None:
        """The first run ends with one message a subscription; every run leaves its receipt."""
        name, receipt = self._source.name, self.receipt
        values: dict[str, object] = {"receipt": receipt}
        if receipt.failed:
            error = receipt.error or "; ".join(dict.fromkeys(receipt.incomplete))
            values |= {"failures": self.failures + 1, "failed": self._now, "error": error}
        else:
            if not self._started:
                records = [r for r in process.live(connection, name) if is_open(r, self._now)]
                for event, planned in self._setup.planner.started(name, records, self._now):
                    receipt.deliveries += len(outbox.queue(connection, [event], planned))
            self._watermark = self._now
            values |= {"failures": 0, "succeeded": self._now, "error": "", "started": 1}
        duty.set_source(connection, name, watermark=self._watermark, **values)


def fold_kept(connection: Connection, setup: Setup, source: str, now: datetime) -> list[Event]:
    """Fold what was kept of a source and not folded yet; what is worth saying of it, in order."""
    pairs = process.unfolded(connection, source)
    held = process.load(connection, source, {notice.record for notice, _ in pairs}, lock=True)
    batch: dict[str, list[tuple[Notice, datetime]]] = defaultdict(list)
    happened: list[Event] = []
    for notice, learned in pairs:
        before = held.get(notice.record)
        if before and order(notice) < (before.published, before.notice):
            past = process.history(connection, source, notice.record)
            after = refold([*past, *batch[notice.record], (notice, learned)], source=source)
            assert after is not None
            event = _belated(before, after, notice)
        else:
            after = fold(before, notice, source=source, learned=learned)
            event = told(before, after, notice)
        batch[notice.record].append((notice, learned))
        held[notice.record] = after
        if event:
            happened.append(event)
    process.save(connection, [(r, wake(r, now, setup.planner.leads)) for r in held.values()])
    process.mark_folded(connection, source)
    return happened


def _belated(before: Record, after: Record, notice: Notice) -> Event | None:
    """A notice older than what was folded is told only if the present state changes by it."""
    if (before.facts, before.status, before.stage) == (after.facts, after.status, after.stage):
        return None
    if after.status == "cancelled" == before.status:
        return None
    return told(None if not before.whole and notice.restates else before, after, notice)


# ---------------------------------------------------------------- passing time


def remind(setup: Setup, now: datetime) -> int:
    """Plan every reminder due at `now` (UTC); how many deliveries were queued."""
    queued = 0
    while True:
        with reading(setup.engine) as connection:
            if not process.awake(connection, now, 1):
                return queued
        with setup.engine.begin() as connection:
            records = process.awake(connection, now, BATCH, lock=True)
            happened = [e for r in records for e in reminders(r, now, setup.planner.leads)]
            happened.sort(key=lambda event: (event.at, event.key))
            planned = setup.planner.plan(happened, now)
            queued += len(outbox.queue(connection, happened, planned))
            later = now + timedelta(microseconds=1)
            wakes = [(r, wake(r, later, setup.planner.leads)) for r in records]
            process.set_wake(connection, wakes)
