"""A disk that is full or fails: nothing advances, it is said, and afterwards nothing is lost."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from bot.loop import LOOK
from tests.faults.killing import publish
from tests.faults.rig import (
    CHANNELS,
    FAIL,
    FOR_EVER,
    NOTHING,
    Faults,
    Place,
    all_or_nothing,
    environment,
    in_doubt,
    repeats,
    run_once,
    settled,
)
from tests.processes import Stage, run_verb
from tests.slow import until

TICK = 3 * LOOK.total_seconds()  # the machine may be busy with other tests
SAID = {"write": "database or disk is full", "sync": "disk I/O error"}


@pytest.mark.parametrize(
    ("place", "lasting", "faulty"),
    [("write", FOR_EVER, 6), ("sync", 0, 6), ("sync", FOR_EVER, 3)],
    ids=["no space from a write on", "one sync fails", "every sync fails from one on"],
)
def test_once_fails_says_so_and_the_next_one_loses_nothing(
    bell: Stage, faults: Faults, place: Place, lasting: int, faulty: int
) -> None:
    publish(bell)
    faults.on(place, NOTHING)
    assert run_once(bell, faults) == 0
    calls = faults.seen(place)
    doubtful: Counter[str] = Counter()
    for part in range(faulty):
        publish(bell)
        before = bell.arrived()
        first = 1 + part * (calls - 1) // faulty
        faults.on(place, FAIL, first, first + lasting)
        ended = run_verb("once", "--config", bell.config, env=faults.env)
        assert ended.returncode != 0
        assert SAID[place] in ended.stderr or "disk I/O error" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
        assert faults.done(place) < 10  # it does not try again and again
        left = in_doubt(bell, before)
        assert all(left[channel] <= 1 for channel in CHANNELS)
        all_or_nothing(bell)
        doubtful += left
        faults.heal()
    assert run_once(bell) == 0
    assert not bell.missing()
    assert set(bell.arrived()) == set(bell.expected)
    assert repeats(bell) == doubtful


def test_the_service_waits_for_space_and_goes_on_by_itself(bell: Stage, faults: Faults) -> None:
    site, gate = bell.portals["fts"], bell.slack.gate
    publish(bell)
    gate.shut()
    process = bell.serving(faults.env)
    until(lambda: gate.passed == 1 and len(settled_mails(bell)) == 4, 30, "one is in flight")

    before, done, asked = bell.arrived(), settled(bell), len(site.times)
    faults.on("write", FAIL)
    publish(bell)
    gate.open()
    begun = time.monotonic()
    full = lambda: process.log.count(SAID["write"])  # noqa: E731
    until(lambda: "deliver failed: database: " in process.log, TICK, "the answer cannot be kept")
    until(lambda: "poll failed: database: " in process.log, TICK, "a poll cannot begin")
    until(lambda: full() >= 3, 2 * TICK, "it tries again")
    # A poll every 10 s, a channel every 15 s.
    tries = 4 * (1 + (time.monotonic() - begun) / 10)
    assert full() <= tries and faults.done("write") <= 4 * tries
    assert (bell.arrived(), settled(bell), len(site.times)) == (before, done, asked)
    assert "Traceback" not in process.log

    faults.heal()
    bell.all_arrive(TICK)
    assert process.stop() == 0
    assert run_verb("status", "--config", bell.config, env=environment()).returncode == 0
    assert set(bell.arrived()) == set(bell.expected)
    assert repeats(bell) == {"bids": 1}  # its answer could not be kept


def test_a_page_that_could_not_be_kept_is_read_again_and_no_lease_is_waited_for(
    bell: Stage, faults: Faults
) -> None:
    gate = bell.portals["fts"].gate
    publish(bell)
    gate.shut()
    process = bell.serving(faults.env)
    until(lambda: gate.passed == 1, 30, "the portal was asked")
    faults.on("write", FAIL)
    gate.open()
    until(lambda: "poll failed: database: " in process.log, TICK, "the page cannot be kept")
    faults.heal()
    bell.all_arrive(TICK)
    assert process.stop() == 0
    bell.assert_once()


def test_a_stop_while_the_disk_is_full_is_a_stop(bell: Stage, faults: Faults) -> None:
    publish(bell)
    bell.slack.gate.shut()
    process = bell.serving(faults.env)
    until(lambda: bell.slack.gate.passed == 1, 30, "a message is in flight")
    faults.on("write", FAIL)
    bell.slack.gate.open()
    until(lambda: "deliver failed: database: " in process.log, TICK, "the answer cannot be kept")
    assert process.stop() == 0
    assert "Traceback" not in process.log
    # What it could not give back is free nevertheless: nobody holds it.
    assert run_once(bell) == 0
    assert not bell.missing()


def settled_mails(bell: Stage) -> set[str]:
    return {key for key in settled(bell) if ">mail>" in key and "/started/" not in key}
