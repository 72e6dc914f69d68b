"""Deliveries claimed and settled, each in a commit of its own. Touches disk, starts PostgreSQL."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

from sqlalchemy import Engine

from bot.attempt import LEASE
from bot.deliver import BATCH
from bot.loop import clock
from bot.retry import Sent
from bot.store import claiming, claims, outbox
from bot.store.engine import connect, upgrade
from bot.wants import Delivery, Match
from tests import make, postgres
from tests.benchmarks import rigs
from tests.benchmarks.figure import Figure

CHANNEL = "bids"
_SETTLED = Sent("1760000000.000100")
_STEP = 1_000  # deliveries queued in one transaction


def run(*, messages: int = 20_000, workers: int = 4, digest: int = 10_000) -> list[Figure]:
    """One process on SQLite, several on PostgreSQL; and what waits for one digest.

    AssertionError where a message comes twice.
    """
    with rigs.sqlite() as url, postgres.server() as server:
        digests = [_digest("SQLite", url, digest), _digest("PostgreSQL", server, digest)]
    return [_sqlite(messages), _postgres(messages, workers), *digests]


def _sqlite(messages: int) -> Figure:
    with rigs.sqlite() as url:
        _fill(url, messages)
        begun = time.perf_counter()
        keys = work(url, "one")
        taken = time.perf_counter() - begun
    _check(keys, messages)
    detail = f"{messages:,} messages in {taken:.1f} s, one process, synchronous=FULL"
    return Figure("outbox, SQLite", messages / taken, 1_500, "messages/s", detail)


def _postgres(messages: int, workers: int) -> Figure:
    """The server's own waiting for the disk is off, as in the tests."""
    owners = [f"worker-{number}" for number in range(workers)]
    with postgres.server() as url, ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        _fill(url, messages)
        list(pool.map(time.sleep, [0.5] * workers))  # until all of them have started
        begun = time.perf_counter()
        shares = list(pool.map(work, [url] * workers, owners))
        taken = time.perf_counter() - begun
    _check([key for keys in shares for key in keys], messages)
    detail = (
        f"{messages:,} messages in {taken:.1f} s, none claimed twice; "
        f"{workers} processes had {', '.join(str(len(keys)) for keys in shares)}"
    )
    return Figure("outbox, PostgreSQL", messages / taken, None, "messages/s", detail)


def _digest(name: str, url: str, rows: int) -> Figure:
    """All of one digest claimed, marked as in flight and settled, in three transactions."""
    _fill(url, rows, digest="digest/bids/#bids/daily 07:30/2026-05-12T07:30")
    engine, now = connect(url), make.NOW + timedelta(hours=1)
    begun = time.perf_counter()
    found = _claim(engine, "one")
    with engine.begin() as connection:
        assert not claims.hold(connection, found, clock() + LEASE)
        claims.begin(connection, found)
    with engine.begin() as connection:
        assert not claims.settle(connection, [(claim, _SETTLED) for claim in found], now)
    taken = time.perf_counter() - begun
    engine.dispose()
    _check([claim.delivery.key for claim in found], rows)
    detail = f"one digest of {rows:,} deliveries in {taken:.1f} s, but for its rendering"
    return Figure(f"digest, {name}", rows / taken, 1_500, "deliveries/s", detail)


def work(url: str, owner: str) -> list[str]:
    """Claim batches as a channel does, until nothing is left; the keys that were settled."""
    engine, settled = connect(url), list[str]()
    now = make.NOW + timedelta(hours=1)
    while found := _claim(engine, owner):
        for claim in found:
            with engine.begin() as connection:
                assert not claims.settle(connection, [(claim, _SETTLED)], now)
            settled.append(claim.delivery.key)
    engine.dispose()
    return settled


def _claim(engine: Engine, owner: str) -> list[claims.Claim]:
    with engine.begin() as connection:
        return claiming.claim(
            connection, CHANNEL, now=make.NOW + timedelta(hours=1), real=clock(), lease=LEASE,
            owner=owner, most=BATCH,
        )  # fmt: skip


def _fill(url: str, messages: int, digest: str = "") -> None:
    engine = connect(url)
    upgrade(engine)
    for start in range(0, messages, _STEP):
        numbers = range(start, min(start + _STEP, messages))
        happened = [make.event(record=make.record(id=f"r{number:06}")) for number in numbers]
        planned = [
            Delivery(
                key=f"{event.key}>{CHANNEL}>#bids",
                event=event.key,
                channel=CHANNEL,
                recipient="#bids",
                matches=(Match("Care", "CPV 85311000 under 85300000"),),
                due=make.NOW,
                digest=digest,
            )
            for event in happened
        ]
        with engine.begin() as connection:
            outbox.queue(connection, happened, planned)
    engine.dispose()


def _check(keys: list[str], messages: int) -> None:
    if len(set(keys)) != messages or len(keys) != messages:
        raise AssertionError(f"{messages} messages: {len(keys)} settled, {len(set(keys))} of them")
