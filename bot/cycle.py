"""A poll under its lease, and one full cycle. Touches network, channels and database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from bot.config import Channel, Source
from bot.deliver import deliver
from bot.feeds import Feeds
from bot.fetch import Stopped
from bot.ingest import remind
from bot.poll import LEASE, Overtaken, Poll
from bot.receipt import ChannelReceipt, PollReceipt
from bot.retry import poll_again
from bot.setup import Clock, Setup
from bot.store import deliveries, digests, duty, outbox
from bot.store.engine import reading

log = logging.getLogger("tenderbell.cycle")

# What falls due within this time is waited for by `once`, so often in vain at most.
WAIT = timedelta(seconds=60)
ATTEMPTS = 3


def poll(
    setup: Setup,
    source: Source,
    now: datetime,
    *,
    clock: Clock,
    force: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> PollReceipt | None:
    """Poll a source that is due (or, with `force`, in any case) and free; None when it is not.

    `now` is what the cycle takes for the present; leases and the next run follow `clock`.
    """
    job = f"poll:{source.name}"
    far = timedelta() if force else max(2 * source.every, timedelta(days=2))
    with setup.engine.begin() as connection:
        fence = duty.take(
            connection, job, now=clock(), lease=LEASE, far=far, owner=setup.owner
        )  # fmt: skip
    if fence is None:
        return None
    started = time.monotonic()
    work = Poll(setup, source, now, fence=fence, clock=clock, stopping=stopping)
    try:
        receipt = work.run()
        wait = source.every
        if receipt.failed:
            wait = poll_again(work.failures, source.every, receipt.retry_after)
        with setup.engine.begin() as connection:
            work.settle(connection)
            duty.done(connection, job, fence, clock() + wait)
    except Stopped:
        with setup.engine.begin() as connection:
            duty.done(connection, job, fence, clock())
        return None
    except Overtaken:
        log.warning("source=%s was taken over by another process", source.name)
        return None
    log.info(
        "poll source=%s windows=%d pages=%d notices=%d new=%d aside=%d events=%d deliveries=%d "
        "%.1fs%s", receipt.source, receipt.windows, receipt.pages, receipt.notices, receipt.new,
        receipt.aside, receipt.events, receipt.deliveries, time.monotonic() - started,
        f" error={receipt.error!r}" if receipt.error else "",
    )  # fmt: skip
    return receipt


# ---------------------------------------------------------------- once


@dataclass(slots=True)
class Cycle:
    """What one full cycle did."""

    polls: list[PollReceipt] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)  # sources that another process is polling
    channels: dict[str, ChannelReceipt] = field(default_factory=dict)
    owed: int = 0
    held: int = 0  # until the quiet time of their channel ends
    gathered: int = 0  # until their digest goes out

    @property
    def well(self) -> bool:
        lost = any(c.gave_up for c in self.channels.values())
        failed = any(p.failed or p.owed for p in self.polls)
        return not (failed or self.busy or self.owed or lost)


def once(setup: Setup, now: datetime, clock: Clock) -> Cycle:
    """Poll every source to its end, remind, and deliver everything due.

    One dead source or channel delays no other: each has a thread of its own.
    """
    cycle = Cycle()
    sources, channels = setup.config.sources.values(), setup.config.channels.values()
    with ThreadPoolExecutor(max(len(sources), len(channels))) as pool:
        for source, receipt in zip(
            sources, pool.map(lambda s: _poll_patiently(setup, s, now, clock), sources), strict=True
        ):
            if receipt is None:
                cycle.busy.append(source.name)
            else:
                cycle.polls.append(receipt)
        remind(setup, now)
        _calendars(setup, now)
        rounds = pool.map(lambda c: _deliver_patiently(setup, c, now, clock), channels)
        cycle.channels = {receipt.channel: receipt for receipt in rounds}
    with reading(setup.engine) as connection:
        held, gathered = outbox.held(connection, now), digests.waiting(connection, now)
        cycle.gathered = sum(count for count, _ in gathered.values())
        cycle.owed, cycle.held = outbox.owed(connection) - held, held - cycle.gathered
    return cycle


def _calendars(setup: Setup, now: datetime) -> None:
    try:
        Feeds(setup).refresh(now)
    except DBAPIError:
        raise
    except Exception:
        log.exception("calendars failed")


def _poll_patiently(
    setup: Setup, source: Source, now: datetime, clock: Clock
) -> PollReceipt | None:
    for _ in range(ATTEMPTS):
        receipt = poll(setup, source, now, clock=clock, force=True)
        wait = receipt.retry_after if receipt else None
        if wait is None or wait > WAIT.total_seconds():
            return receipt
        time.sleep(wait)
    return receipt


def _deliver_patiently(
    setup: Setup, channel: Channel, now: datetime, clock: Clock
) -> ChannelReceipt:
    """Deliver without pacing; what falls due again within a minute is waited out."""
    total = ChannelReceipt(channel.name)
    in_vain = 0
    while True:
        receipt = deliver(setup, channel, now, clock=clock)
        total.sent += receipt.sent
        total.told += receipt.told
        total.dropped += receipt.dropped
        total.gave_up += receipt.gave_up
        total.retrying, total.until = receipt.retrying, receipt.until
        total.error = receipt.error or total.error
        in_vain = 0 if receipt.sent else in_vain + 1
        with reading(setup.engine) as connection:
            due = receipt.until or outbox.next_due(connection, channel.name, now)
        if due is None or due - now > WAIT or in_vain >= ATTEMPTS:
            return total
        time.sleep((due - now).total_seconds())
        now = due


def deliver_one(setup: Setup, key: str, clock: Clock) -> str | None:
    """Send one delivery again, at once; its state after that, or None when there is none."""
    with setup.engine.begin() as connection:
        if not deliveries.again(connection, key, clock()):
            return None
    channel = setup.config.channels.get(key.rsplit(">", 2)[1])
    if channel is not None:
        deliver(setup, channel, clock(), clock=clock)
    with reading(setup.engine) as connection:
        return deliveries.state(connection, key)
