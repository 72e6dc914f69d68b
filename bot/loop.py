"""The service: APScheduler's jobs, signals, a clean stop. The only module that reads the clock."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy.exc import DBAPIError

from bot.cycle import poll
from bot.deliver import deliver
from bot.errors import ConfigError
from bot.feeds import Feeds
from bot.ingest import remind
from bot.poll import LEASE
from bot.retry import LONGEST
from bot.setup import Setup
from bot.store import duty, outbox
from bot.store.engine import reading, said

log = logging.getLogger("tenderbell.run")

# How often a channel looks for what other processes queued; what this one queues is sent at once.
LOOK = timedelta(seconds=15)
# How often passing time is looked at: a reminder is at most so late.
MINUTE = timedelta(minutes=1)
# How often it is looked whether somebody has set the clock, and what is taken for that.
WATCH = timedelta(seconds=2)
SET = timedelta(seconds=5)
# How long a stop waits for the message or page in flight.
DRAIN = timedelta(seconds=10)
# So many messages of a channel may follow each other at once.
BURST = 20

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def clock() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


def _ahead() -> timedelta:
    """How far the time of day is ahead of the seconds that have passed, which nobody can set."""
    return clock() - datetime.fromtimestamp(time.monotonic(), UTC)


def _failed(job: str, error: Exception) -> None:
    """One line where the database is at fault: it is tried again and again while a disk is full."""
    if isinstance(error, DBAPIError):
        log.error("%s failed: database: %s", job, said(error))
    else:
        log.error("%s failed", job, exc_info=error)


class Every(BaseTrigger):  # type: ignore[misc]
    """Due again and again; runs that were missed are one.

    APScheduler's own interval lists every missed run: when a clock is set on by ten years, as on a
    machine that kept no time while it was off, that takes minutes and a gigabyte.
    """

    def __init__(self, span: timedelta) -> None:
        self._span = span

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """UTC; APScheduler's contract."""
        return max(previous or now, now - self._span) + self._span


class Pace:
    """Keeps a channel's messages so many seconds apart on average; a stop ends the wait.

    A short burst passes at once: Slack tolerates it, and one notice must not wait for the last.
    """

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        self._seconds = seconds
        self._stop = stop
        self._next = 0.0  # when the next would be due if all had been evenly spaced

    def __call__(self) -> None:
        self._next = max(self._next, time.monotonic())
        self._stop.wait(max(0.0, self._next - BURST * self._seconds - time.monotonic()))
        self._next += self._seconds


class Loop:
    """`tenderbell run`: every process schedules every job, and a lease lets one of them run it."""

    def __init__(self, setup: Setup, reload: Callable[[Setup], Setup]) -> None:
        self._setup = setup
        self._reload = reload
        self._stop = threading.Event()
        self._running: set[str] = set()
        self._idle = threading.Condition()
        self._scheduler = self._schedule()

    def run(self) -> bool:
        """Serve until SIGTERM or SIGINT; True when everything in flight was finished."""
        # Held back in every thread and asked for: a handler runs between two steps of Python, so
        # it may come just before a wait that then never ends, or set what is locked for that wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        self._disbelieve(LONGEST)
        self._scheduler.start()
        threading.Thread(target=self._watch, daemon=True).start()
        log.info("run sources=%d channels=%d", *self._size())
        while signal.sigwait(SIGNALS) == signal.SIGHUP:
            self._take_over()
        self._stop.set()
        return self._drain()

    def _size(self) -> tuple[int, int]:
        return len(self._setup.config.sources), len(self._setup.config.channels)

    # ------------------------------------------------------------ jobs

    def _schedule(self) -> BackgroundScheduler:
        """Jobs from the config; the database knows what is due."""
        config = self._setup.config
        threads = len(config.sources) + len(config.channels) + 2
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            # A late run is still wanted, and several missed ones are one.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        for name in config.sources:
            scheduler.add_job(self._poll, "date", args=[name], id=f"poll:{name}")
        scheduler.add_job(self._remind, Every(MINUTE), id="remind", next_run_time=clock())
        if config.calendars:
            scheduler.add_job(
                self._calendars, Every(MINUTE), args=[Feeds(self._setup)], id="calendars",
                next_run_time=clock(),
            )  # fmt: skip
        for name, channel in config.channels.items():
            pace = Pace(channel.notifier.pace, self._stop)
            scheduler.add_job(
                self._deliver, Every(LOOK), args=[name, pace], id=f"deliver:{name}",
                next_run_time=clock(),
            )  # fmt: skip
        return scheduler

    def _poll(self, name: str) -> None:
        setup = self._setup
        if name not in setup.config.sources or not self._enter(f"poll:{name}"):
            return
        source = setup.config.sources[name]
        due = clock() + source.every
        try:
            poll(setup, source, clock(), clock=clock, stopping=self._stop.is_set)
            with reading(setup.engine) as connection:
                due = duty.due(connection).get(f"poll:{name}", due)
            self._hurry()
        except Exception as error:
            _failed(f"source={name} poll", error)
            due = clock() + MINUTE
        finally:
            self._leave(f"poll:{name}")
        now = clock()
        # Still due when another process has it. A date of a clock that was wrong is not waited for.
        again = min(due if due > now else now + LOOK, now + source.every)
        if not self._stop.is_set():
            self._scheduler.add_job(
                self._poll, "date", run_date=again, args=[name], id=f"poll:{name}",
                replace_existing=True,
            )  # fmt: skip

    def _remind(self) -> None:
        if not self._enter("remind"):
            return
        try:
            if remind(self._setup, clock()):
                self._hurry()
        except Exception as error:
            _failed("remind", error)
        finally:
            self._leave("remind")

    def _calendars(self, feeds: Feeds) -> None:
        if not self._enter("calendars"):
            return
        try:
            if written := feeds.refresh(clock()):
                log.info("calendars written=%d", written)
        except Exception as error:
            _failed("calendars", error)
        finally:
            self._leave("calendars")

    def _deliver(self, name: str, pace: Pace) -> None:
        setup = self._setup
        if name not in setup.config.channels or not self._enter(f"deliver:{name}"):
            return
        try:
            receipt = deliver(
                setup, setup.config.channels[name], clock(), clock=clock, pace=pace,
                stopping=self._stop.is_set,
            )  # fmt: skip
            if receipt.sent or receipt.error or receipt.dropped:
                log.info("deliver channel=%s sent=%d%s retrying=%d gave_up=%d dropped=%d%s", name,
                         receipt.sent, receipt.several, receipt.retrying, receipt.gave_up,
                         receipt.dropped,
                         f" error={receipt.error!r}" if receipt.error else "")  # fmt: skip
            with reading(setup.engine) as connection:
                due = receipt.until or outbox.next_due(connection, name, clock())
            if due and due < clock() + LOOK:
                self._at(f"deliver:{name}", due)
        except Exception as error:
            _failed(f"channel={name} deliver", error)
        finally:
            self._leave(f"deliver:{name}")

    def _hurry(self) -> None:
        """Let every channel look now: something was queued."""
        for name in self._setup.config.channels:
            self._at(f"deliver:{name}", clock())

    def _at(self, job: str, when: datetime) -> None:
        if not self._stop.is_set():
            with suppress(JobLookupError):  # it runs just now
                self._scheduler.modify_job(job, next_run_time=when)

    # ------------------------------------------------------------ a clock that was wrong

    def _watch(self) -> None:
        """Look at everything at once when the clock was set: APScheduler waits by the old one."""
        ahead = _ahead()
        while not self._stop.wait(WATCH.total_seconds()):
            moved = _ahead() - ahead
            if abs(moved) < SET:
                continue
            ahead += moved
            log.warning("the clock was set by %+.0f s", moved.total_seconds())
            if moved < timedelta():
                self._disbelieve(timedelta())
            for job in self._scheduler.get_jobs():
                self._at(job.id, clock())

    def _disbelieve(self, longest: timedelta) -> None:
        """No date is waited for that lies further ahead than the longest honest wait."""
        try:
            with self._setup.engine.begin() as connection:
                duty.disbelieve(connection, clock(), longest=longest, lease=LEASE)
        except DBAPIError as error:
            _failed("dates of a wrong clock", error)

    # ------------------------------------------------------------ stopping and reloading

    def _enter(self, job: str) -> bool:
        with self._idle:
            # After a reload the old config's run goes on, and sees to the next one itself.
            if self._stop.is_set() or job in self._running:
                return False
            self._running.add(job)
            return True

    def _leave(self, job: str) -> None:
        with self._idle:
            self._running.discard(job)
            self._idle.notify_all()

    def _drain(self) -> bool:
        self._scheduler.shutdown(wait=False)
        with self._idle:
            finished = self._idle.wait_for(lambda: not self._running, DRAIN.total_seconds())
            if not finished:
                log.warning("stopped while still at work: %s", ", ".join(sorted(self._running)))
        try:
            with self._setup.engine.begin() as connection:
                duty.bury(connection, self._setup.owner)
        except DBAPIError as error:
            # Whoever starts next sees that we are dead.
            _failed("giving leases back", error)
        log.info("stopped")
        return finished

    def _take_over(self) -> None:
        """Go on with the config as it is now; a bad one is refused and the old one stays."""
        try:
            fresh = self._reload(self._setup)
        except ConfigError as error:
            log.error("config refused, the old one goes on: %s", error)
            return
        old = self._scheduler
        old.pause()
        self._setup = fresh
        self._scheduler = self._schedule()
        self._scheduler.start()
        old.shutdown(wait=False)
        log.info("config reloaded")
