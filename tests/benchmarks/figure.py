"""One line of the benchmarks' table, and timing that compares like with like. Reads the clock."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and what it should be; the detail says how it came about."""

    name: str
    value: float
    aim: float | None  # None: measured for comparison with an earlier run alone
    unit: str
    detail: str
    most: bool = False  # the aim is the most that is allowed, not the least that is wanted

    @property
    def reached(self) -> bool:
        if self.aim is None:
            return True
        return self.value <= self.aim if self.most else self.value >= self.aim


def seconds(work: Callable[[], Any]) -> float:
    """How long one call takes, without the rubbish of the calls before it."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def medians(rounds: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The median of each column."""
    return tuple(statistics.median(column) for column in zip(*rounds, strict=True))


def ratio(rounds: Sequence[tuple[float, float]]) -> float:
    """The median of first by second, each pair measured in one round: a busy machine slows both."""
    return statistics.median(first / second for first, second in rounds)
