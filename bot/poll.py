"""Polls a source window by window, and stores what it publishes. Touches network and database."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from bot import health, parts
from bot.ask import Asker, Reader
from bot.config import Source
from bot.contract import Fault, Page, Request
from bot.errors import FetchError, ReadError
from bot.fetch import Fetcher, Stopped
from bot.files import SETTLED, Files
from bot.ingest import fold_kept
from bot.model import Event, Notice
from bot.parts import Part
from bot.receipt import PollReceipt, keep
from bot.setup import Clock, Setup
from bot.stake import is_open
from bot.store import asked, choices, duty, outbox, process
from bot.store.asked import Validator
from bot.store.engine import reading

log = logging.getLogger("tenderbell.poll")

# A window that the source cuts short is halved at most so often.
DEPTH = 4
# A day of TED has some thousand notices, each with a page; a source that never ends has more.
PAGES = 20_000
# A process that dies holds a source for so long at most; a living one renews.
LEASE = timedelta(minutes=5)


class Overtaken(Exception):
    """The lease ran out and another process polls this source now."""


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
        most: int = PAGES,
    ) -> None:
        self._setup = setup
        self._most = most
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
            self._owed = asked.owed(connection, source.name)
            self._held = asked.held(connection, source.name)
            self._watermark: datetime | None = state.watermark if state else None
            self._floor: datetime | None = None
            if self._watermark and self._watermark > now:
                # One of two clocks was wrong. By a present one that is years behind, the watermark
                # would go back by years; but it need not go behind what was published since.
                newest = process.newest(connection, source.name)
                self._floor = newest and min(newest, self._watermark)
        self._fresh: dict[str, Validator] = {}
        self._started = bool(state and state.started)
        self._succeeded: datetime | None = state.succeeded if state else None
        self.failures: int = state.failures if state else 0

    def run(self, reader: Reader | None = None) -> PollReceipt:
        """Read every window; what fails is said in the receipt, and what was read stands.

        Without a `reader` the network is asked. Raises Stopped when the service is to stop.
        """
        watcher, source = self._source.watcher, self._source
        # A later run looks back by the overlap: what it finds there must not be news to it.
        since = self._now - max(source.backfill, watcher.overlap)
        if self._watermark:
            since = min(self._watermark, self._now) - watcher.overlap
        if source.path is not None:
            self._read_files(source.path, since)
            return self.receipt
        requests = list(watcher.start(since, self._now))
        try:
            if reader:
                self._read(reader, requests, since)
            else:
                with self._fetcher(requests) as fetcher:
                    self._read(fetcher, requests, since)
        except (FetchError, ReadError) as error:
            self.receipt.error = str(error)
            self.receipt.retry_after = getattr(error, "retry_after", None)
        return self.receipt

    def _fetcher(self, requests: list[Request]) -> Fetcher:
        return Fetcher(
            pause=self._source.pause,
            # The operator's own `base_url`, or the address that the watcher is written for.
            trusted=requests[0].url if requests else "",
            cooldown=self._source.watcher.cooldown,
            authorities=self._source.authorities,
            stopping=self._stopping,
        )

    def _read(self, reader: Reader, requests: list[Request], since: datetime) -> None:
        asker = Asker(self._setup.engine, self._source, reader, self._held, self._now)
        read = failed = 0
        self.receipt.owed += map(str, parts.later(self._owed, self._now).values())
        for request, closes in parts.due(requests, self._owed, self._now):
            self.receipt.windows += 1
            try:
                whole = self._walk(asker, request, since)
            except (FetchError, ReadError) as error:
                if not parts.alone(request, error, self._source.watcher.cooldown):
                    raise
                self._owe(request, error)
                failed += 1
                continue
            read += 1
            self._commit(request, whole=whole, closes=closes)
        self.receipt.unchanged, self._fresh = asker.unchanged, asker.fresh
        if failed and not read:
            raise FetchError(f"all that was asked failed, {self.receipt.owed[-1]}")

    def _read_files(self, pattern: Path, since: datetime) -> None:
        """A file is a page without a next one; what is wrong with one does not stop the others."""
        receipt, told = self.receipt, self.receipt.incomplete
        files = Files(self._setup.engine, self._source.name, pattern, self._clock())
        asker = Asker(self._setup.engine, self._source, files, {}, self._now)
        try:
            requests = files.requests()
        except FetchError as error:
            receipt.error = str(error)
            return
        for request in requests:
            receipt.windows += 1
            try:
                if not (whole := self._walk(asker, request, since)):
                    told[-1] = f"{files.named(request)}: {told[-1]}"
                self._commit(request, whole=whole)
                files.read(request)
            except (FetchError, ReadError) as error:
                why, aside = files.refuse(request, error)
                receipt.aside += aside
                told.extend([why] if why else [])
        if files.unsettled:
            receipt.retry_after = SETTLED.total_seconds()
            if not self._started:  # what is still to come must not be told as news
                told.append(f"{files.unsettled[0]}: may still be written, and is read then")

    # ------------------------------------------------------------ reading

    def _walk(self, asker: Asker, first: Request, since: datetime, depth: int = 0) -> bool:
        """Read a window to its end; True when nothing of it can be missing."""
        queue, seen = deque([first]), set[tuple[str, bytes | None]]()
        why = ""
        while queue:
            request = queue.popleft()
            if (request.url, request.body) in seen:
                why = "the source leads back to a page that was read already"
                continue
            if len(seen) == self._most:
                why = f"more than {self._most:,} pages of one window"
                break
            seen.add((request.url, request.body))
            self._heartbeat()
            page = asker.page(request, since)
            self._keep(page)
            if not page.complete:
                why = page.why or "the source cut its answer short"
            # A file leads nowhere.
            follow = asker.unknown(page.follow) if self._source.path is None else ()
            queue.extend(replace(f, window=request.window, part=request.part) for f in follow)
        if not why:
            return True
        return self._split(asker, first, since, depth, why)

    def _split(self, asker: Asker, request: Request, since: datetime, depth: int, why: str) -> bool:
        if request.window is None or depth == DEPTH:
            self.receipt.incomplete.append(why)
            return False
        start, end = request.window
        middle = start + (end - start) / 2
        halves = [(start, middle), (middle, end)]
        smaller = [
            part
            for half in halves
            for part in self._source.watcher.start(*half)
            if part.part == request.part
        ]
        if any((part.url, part.body) == (request.url, request.body) for part in smaller):
            # A source that is asked by the month has nothing smaller to ask for.
            self.receipt.incomplete.append(why)
            return False
        log.info("source=%s split from=%s to=%s why=%s", self._source.name, start, end, why)
        results = [self._walk(asker, part, since, depth + 1) for part in smaller]
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
        health.add(self.receipt.stated, health.stated(fresh))

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

    def _owe(self, request: Request, error: FetchError | ReadError) -> None:
        """Remember a piece that failed: all of it is asked for again."""
        part = parts.failed(
            self._owed.get(request.part), request, error, self._now, self._source.every,
            begun=None if self._started else self._now,
        )  # fmt: skip
        with self._setup.engine.begin() as connection:
            asked.owe(connection, self._source.name, part)
        self._owed[request.part] = part
        self.receipt.owed.append(str(part))

    # ------------------------------------------------------------ folding

    def _commit(self, request: Request, *, whole: bool, closes: bool = True) -> None:
        """Fold what the window brought; its events and deliveries are in the same transaction."""
        self._blocked = self._blocked or not whole
        if request.window and closes and not self._blocked:
            self._reach(min(request.window[1], self._now))
        name, owed = self._source.name, self._owed.pop(request.part, None)
        with reading(self._setup.engine) as connection:
            if not owed and not process.has_unfolded(connection, name):
                return
        with self._setup.engine.begin() as connection:
            self._hold(connection, self._clock())
            folded, followed = fold_kept(connection, self._setup, name, self._now)
            happened = self._news(folded, owed)
            planned = self._setup.planner.plan(happened, self._now, followed)
            queued = outbox.queue(connection, happened, planned)
            self.receipt.events += len(happened)
            self.receipt.deliveries += len(queued)
            if owed:
                asked.paid(connection, name, [request.part])
            duty.set_source(connection, name, watermark=self._watermark)

    def _reach(self, at: datetime) -> None:
        self._watermark = max(at, self._floor or at)

    def _news(self, happened: list[Event], owed: Part | None) -> list[Event]:
        """What is to be told of a window: of the first run's, and of its debts, nothing old."""
        if not self._started:
            return []
        if owed and owed.begun:
            # By the day: some portals state no more of a publication.
            return [event for event in happened if event.at.date() >= owed.begun.date()]
        return happened

    def settle(self, connection: Connection) -> None:
        """The first run ends with one message a subscription; every run leaves its receipt.

        Raises Overtaken when it is no longer ours to say.
        """
        self._hold(connection, self._clock())
        name, receipt = self._source.name, self.receipt
        values: dict[str, object] = {"receipt": receipt}
        if receipt.failed:
            values |= {"failures": self.failures + 1, "failed": self._now, "error": receipt.why}
        else:
            if not self._started:
                records = [r for r in process.live(connection, name) if is_open(r, self._now)]
                records = choices.audible(connection, records, self._now)
                for event, planned in self._setup.planner.started(name, records, self._now):
                    receipt.deliveries += len(outbox.queue(connection, [event], planned))
            self._reach(self._now)
            values |= {
                "failures": 0,
                "succeeded": self._now,
                "error": "; ".join(receipt.owed),
                "started": 1,
            }
            asked.hold(connection, name, self._fresh)
        duty.set_source(connection, name, watermark=self._watermark, **values)
        keep(
            connection, self._setup, receipt, self._now, failures=self.failures + 1,
            succeeded=self._succeeded, owed=self._owed,
        )  # fmt: skip
