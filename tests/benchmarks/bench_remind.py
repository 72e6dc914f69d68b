"""Reminders among many records, by the bare query that looks for them. Touches the disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select

from bot.detect import wake
from bot.ingest import remind
from bot.model import Code, Record
from bot.setup import Setup
from bot.store import process
from bot.store.engine import reading
from bot.store.tables import outbox, records
from tests import make
from tests.benchmarks import rigs
from tests.benchmarks.bench_match import DIVISIONS
from tests.benchmarks.figure import Figure, medians, ratio, seconds

_STEP = 2_000  # records in one transaction
_AHEAD = timedelta(days=30)
_CODES = [Code(f"{division}300000") for division in DIVISIONS]


def run(
    *, still_open: int = 20_000, closed: int = 180_000, rounds: int = 21, passes: int = 20
) -> list[Figure]:
    """Passes with nothing due, at a tenth of the closed records and at all; then all are due."""
    with rigs.sqlite() as url, rigs.opened(url, make.NOW, 200) as setup:
        _fill(setup, range(still_open), "open")
        _fill(setup, range(closed // 10), "awarded")
        few = _idle(setup, rounds, passes)
        _fill(setup, range(closed // 10, closed), "awarded")
        many = _idle(setup, rounds, passes)
        burst = _burst(setup)
    (few_pass, _), (many_pass, bare) = medians(few), medians(many)
    detail = (
        f"{many_pass * 1e6:.0f} µs against {bare * 1e6:.0f} µs, nothing due; "
        f"{still_open:,} records open of {still_open + closed:,}"
    )
    grown = (
        f"{few_pass * 1e6:.0f} µs at {closed // 10:,} closed, {many_pass * 1e6:.0f} at {closed:,}"
    )
    return [
        Figure("remind, by the bare query", ratio(many), 3, "x", detail, most=True),
        Figure("remind, closed records tenfold", many_pass / few_pass, 1.5, "x", grown, most=True),
        burst,
    ]


def _record(number: int, status: Literal["open", "awarded"]) -> Record:
    """With a deadline that we learned of in time; its reminders are all ahead."""
    due = make.NOW + _AHEAD + timedelta(minutes=number)
    ahead = make.deadline(when=f"{due:%Y-%m-%dT%H:%M}", learned=make.NOW - timedelta(days=1))
    return make.record(
        id=f"{status}-{number:06}", status=status, deadlines=(ahead,),
        cpv=(_CODES[number % len(_CODES)],),
    )  # fmt: skip


def _fill(setup: Setup, numbers: range, status: Literal["open", "awarded"]) -> None:
    for start in range(0, len(numbers), _STEP):
        held = [_record(number, status) for number in numbers[start : start + _STEP]]
        with setup.engine.begin() as connection:
            process.save(
                connection, [(r, wake(r, make.NOW, setup.planner.leads)) for r in held]
            )  # fmt: skip


def _idle(setup: Setup, rounds: int, passes: int) -> list[tuple[float, float]]:
    """Seconds of a pass and of the query alone."""

    def bare() -> None:
        with setup.engine.connect() as connection:
            found = select(records.c.body).where(records.c.wake <= make.NOW)
            connection.execute(found.order_by(records.c.wake).limit(1)).all()

    def one(work: Callable[[], object]) -> float:
        return seconds(lambda: [work() for _ in range(passes)]) / passes

    assert remind(setup, make.NOW) == 0
    return [(one(lambda: remind(setup, make.NOW)), one(bare)) for _ in range(rounds)]


def _burst(setup: Setup) -> Figure:
    """After a long sleep: a reminder of every open record falls due at once."""
    now = make.NOW + _AHEAD - timedelta(days=1)
    with reading(setup.engine) as connection:
        due = connection.execute(
            select(func.count()).select_from(records).where(records.c.wake <= now)
        ).scalar_one()
    taken = seconds(lambda: remind(setup, now))
    with reading(setup.engine) as connection:
        queued = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
    assert queued
    detail = f"{due:,} records due at once: {taken:.1f} s; {queued:,} deliveries queued"
    return Figure("remind, a burst", due / taken, None, "records/s", detail)
