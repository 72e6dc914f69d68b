"""The service: APScheduler's jobs, signals, a clean stop. The only module that reads the clock."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bot.cycle import poll
from bot.deliver import deliver
from bot.errors import ConfigError
from bot.ingest import remind
from bot.setup import Setup
from bot.store import duty, outbox
from bot.store.engine import reading

log = logging.getLogger("tenderbell.run")

# How often a channel looks for what other processes queued; what this one queues is sent at once.
LOOK = timedelta(seconds=15)
# How often passing time is looked at: a reminder is at most so late.
MINUTE = timedelta(minutes=1)
# How long a stop waits for the message or page in flight.
DRAIN = timedelta(seconds=10)
# So many messages of a channel may follow each other at once.
BURST = 20

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def clock() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


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
        self._scheduler.start()
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
        threads = len(config.sources) + len(config.channels) + 1
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            # A late run is still wanted, and several missed ones are one.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        for name in config.sources:
            scheduler.add_job(self._poll, "date", args=[name], id=f"poll:{name}")
        every = {"seconds": MINUTE.total_seconds(), "next_run_time": clock()}
        scheduler.add_job(self._remind, "interval", id="remind", **every)
        for name, channel in config.channels.items():
            pace = Pace(channel.notifier.pace, self._stop)
            scheduler.add_job(
                self._deliver, "interval", seconds=LOOK.total_seconds(), args=[name, pace],
                id=f"deliver:{name}", next_run_time=clock(),
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
        except Exception:
            log.exception("source=%s poll failed", name)
            due = clock() + MINUTE
        finally:
            self._leave(f"poll:{name}")
        # Not before it is due; and a date of a clock that was wrong is not waited for.
        again = min(max(due, clock() + timedelta(seconds=1)), clock() + source.every)
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
        except Exception:
            log.exception("remind failed")
        finally:
            self._leave("remind")

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
                log.info("deliver channel=%s sent=%d retrying=%d gave_up=%d dropped=%d%s",
                         name, receipt.sent, receipt.retrying, receipt.gave_up, receipt.dropped,
                         f" error={receipt.error!r}" if receipt.error else "")  # fmt: skip
            with reading(setup.engine) as connection:
                due = receipt.until or outbox.next_due(connection, name, clock())
            if due and due < clock() + LOOK:
                self._at(f"deliver:{name}", due)
        except Exception:
            log.exception("channel=%s deliver failed", name)
        finally:
            self._leave(f"deliver:{name}")

    def _hurry(self) -> None:
        """Let every channel look now: something was queued."""
        for name in self._setup.config.channels:
            self._at(f"deliver:{name}", clock())

    def _at(self, job: str, when: datetime) -> None:
        if not self._stop.is_set() and self._scheduler.get_job(job):
            self._scheduler.modify_job(job, next_run_time=when)

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
        with self._setup.engine.begin() as connection:
            duty.bury(connection, self._setup.owner)
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
