"""Runs that are killed one after the other, each at another call. Starts processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tests.faults.rig import (
    CHANNELS,
    DIE_AFTER,
    DIE_BEFORE,
    KILLED,
    NOTHING,
    Faults,
    Place,
    all_or_nothing,
    in_doubt,
    repeats,
    run_once,
)
from tests.processes import Stage

Kill = tuple[int, int]  # the call, counted from 1, and DIE_BEFORE or DIE_AFTER


def survive(
    bell: Stage, faults: Faults, place: Place, choose: Callable[[int], Iterable[Kill]]
) -> Counter[str]:
    """Publish and kill at each call of `choose(how many a run makes)`; repeats by channel."""
    publish(bell)
    faults.on(place, NOTHING)
    assert run_once(bell, faults) == 0
    calls = faults.seen(place)
    doubtful: Counter[str] = Counter()
    for number, act in choose(calls):
        publish(bell)
        before = bell.arrived()
        faults.on(place, act, number)
        ended = run_once(bell, faults)
        if ended == 0 and number > 0.8 * calls:
            continue  # two threads: one run makes a few calls fewer than another
        assert ended == KILLED, f"{place} {number} of {calls} was not reached"
        left = in_doubt(bell, before)
        # A channel has one message in flight.
        assert all(left[channel] <= 1 for channel in CHANNELS), (number, left)
        all_or_nothing(bell)
        doubtful += left
    assert run_once(bell) == 0  # nothing is owed
    assert not bell.missing()
    assert set(bell.arrived()) == set(bell.expected)
    assert repeats(bell) == doubtful
    return doubtful


def publish(bell: Stage) -> None:
    """A tender and an amendment of it."""
    bell.amend(bell.publish())


# From the last call to the first: what early kills leave behind would make every later run longer,
# and its last calls would never be reached.


def spread(kills: int) -> Callable[[int], Iterator[Kill]]:
    """So many kills from the last call to the first, before and after a call in turn."""

    def choose(calls: int) -> Iterator[Kill]:
        for kill in reversed(range(kills)):
            yield 1 + kill * (calls - 1) // (kills - 1), (DIE_BEFORE, DIE_AFTER)[kill % 2]

    return choose


def every(calls: int) -> Iterator[Kill]:
    """Every call, after it and before it."""
    for number in reversed(range(1, calls + 1)):
        yield number, DIE_AFTER
        yield number, DIE_BEFORE
