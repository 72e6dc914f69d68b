"""Pages to committed notices, records and deliveries, by what `json.loads` takes. Touches disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import Connection, delete, event, func, select
from sqlalchemy.engine import make_url

from bot.fetch import Fetcher
from bot.loop import clock
from bot.poll import LEASE, Poll
from bot.setup import Setup
from bot.store import duty
from bot.store.engine import reading
from bot.store.tables import names, notices, outbox, records
from tests.benchmarks import pages, rigs
from tests.benchmarks.figure import Figure, medians, ratio, seconds
from tests.benchmarks.pages import Day, Served
from watchers.find_a_tender import FindATender

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Written:
    """What some work wrote: how many transactions it committed, and whether the file changed."""

    commits: int = 0
    changed: bool = False


def run(*, held: Day | None = None, rounds: int = 5, subscriptions: int = 200) -> list[Figure]:
    """A day read into a database that has none of it, and read again when nothing has changed.

    Each round has a source of its own; the first only warms up, as a service does that runs on.
    """
    day = held or pages.day()
    # The whole day is one window.
    watchers = {f"round-{number}": FindATender(window="31d") for number in range(rounds + 1)}
    first, again = [], []
    with rigs.sqlite() as url, rigs.opened(url, day.now, subscriptions, watchers) as setup:
        for name in watchers:
            # Else every notice of this round would be a twin of one of the round before.
            with setup.engine.begin() as connection:
                connection.execute(delete(names))
            poll = _poller(setup, name, day)
            first.append((seconds(lambda: _parse(day)), seconds(poll)))
            brought = _brought(setup, name)
            with _watched(setup) as written:
                again.append((seconds(lambda: _parse(day)), seconds(poll)))
            if written.commits or written.changed:
                raise AssertionError(f"a poll that brought nothing new wrote: {written}")
    return [
        _figure("ingest, by json.loads", 0.25, day, first[1:], brought),
        _figure("poll again, by json.loads", 0.8, day, again[1:], "no commit and no row"),
    ]


def _parse(day: Day) -> None:
    for body in day.bodies:
        json.loads(body)


def _poller(setup: Setup, name: str, day: Day) -> Callable[[], None]:
    """What a poll does, but for the network and the receipt: read every page, fold, commit.

    The source is past its first run, which would tell nobody of single notices.
    """
    source = setup.config.sources[name]
    with setup.engine.begin() as connection:
        duty.set_source(connection, name, started=1, watermark=day.now - _DAY)
        fence = duty.take(
            connection, f"poll:{name}", now=clock(), lease=LEASE, far=_DAY, owner=setup.owner
        )  # fmt: skip
    assert fence is not None

    def poll() -> None:
        receipt = Poll(setup, source, day.now, fence=fence, clock=clock).run(
            cast(Fetcher, Served(day.bodies))
        )
        assert not receipt.failed, receipt

    return poll


def _brought(setup: Setup, name: str) -> str:
    with reading(setup.engine) as connection:
        counts = {
            table.name: connection.execute(
                select(func.count()).select_from(table).where(table.c.source == name)
            ).scalar_one()
            for table in (notices, records, outbox)
        }
    assert all(counts.values()), counts
    return ", ".join(f"{number} {table}" for table, number in counts.items())


@contextmanager
def _watched(setup: Setup) -> Iterator[Written]:
    """An SQLite connection sees in `data_version` that any other one has changed the file."""
    written = Written()

    def committed(_: Connection) -> None:
        written.commits += 1

    event.listen(setup.engine, "commit", committed)
    with closing(sqlite3.connect(make_url(setup.config.database).database or "")) as other:
        (before,) = other.execute("PRAGMA data_version").fetchone()
        yield written
        (after,) = other.execute("PRAGMA data_version").fetchone()
    event.remove(setup.engine, "commit", committed)
    written.changed = before != after


def _figure(
    name: str, aim: float, day: Day, rounds: Sequence[tuple[float, float]], brought: str
) -> Figure:
    parsed, polled = medians(rounds)
    detail = (
        f"{polled * 1e3:.0f} ms for {day.size / 1e6:.1f} MB of {day.origin}, "
        f"json.loads {parsed * 1e3:.0f} ms; {brought}"
    )
    return Figure(name, ratio(rounds), aim, "x", detail)
