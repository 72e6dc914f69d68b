"""Every benchmark runs, at a size at which its figures say nothing. Starts processes."""

from __future__ import annotations

import pytest

from tests.benchmarks import (
    bench_digest,
    bench_feed,
    bench_ingest,
    bench_match,
    bench_outbox,
    bench_remind,
    bench_start,
    bench_xml,
)
from tests.benchmarks.__main__ import NAMES, line
from tests.benchmarks.figure import Figure
from tests.benchmarks.pages import invented

TINY = {
    "ingest": lambda: bench_ingest.run(held=invented(120), rounds=1, subscriptions=50),
    "remind": lambda: bench_remind.run(still_open=200, closed=200, rounds=1, passes=1),
    "match": lambda: bench_match.run(numbers=(50,), notices=5),
    "outbox": lambda: bench_outbox.run(messages=90, workers=2, digest=60),
    "start": lambda: bench_start.run(rounds=1, calm=0.0, idle=0.1),
    "xml": lambda: bench_xml.run(rounds=1),
    "feed": lambda: bench_feed.run(entries=20, rounds=1),
    "digest": lambda: bench_digest.run(notices=40, asked=10, rounds=1),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_measures_something(name: str) -> None:
    figures = TINY[name]()
    assert figures
    for figure in figures:
        assert figure.value > 0 or figure.unit == "% of a core"
        assert figure.name in line(figure)


def test_invented_pages_are_as_large_as_real_ones() -> None:
    day = invented(120)
    assert len(day.bodies) == 2
    assert 8_000 < day.size / 120 < 12_000


@pytest.mark.parametrize(
    ("value", "most", "reached"),
    [(2.0, False, True), (0.5, False, False), (0.5, True, True), (2.0, True, False)],
)
def test_a_figure_short_of_its_aim_is_marked(value: float, most: bool, reached: bool) -> None:
    figure = Figure("speed", value, 1, "x", "2 ms", most)
    assert figure.reached is reached
    assert ("missed" in line(figure)) is not reached
