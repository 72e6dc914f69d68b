"""A process that sleeps beyond its lease, or for three days, and wakes. Starts processes."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.attempt import LEASE
from bot.loop import LOOK, clock
from tests.faults.rig import Faults, opened, repeats, run_once
from tests.processes import HOUR, Stage, stage
from tests.slow import until

DAY = timedelta(days=1)
TICK = 3 * LOOK.total_seconds()  # the machine may be busy with other tests


@pytest.fixture
def other(shim: Path, bell: Stage, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    """The clock of a second process."""
    return Faults(shim, bell.database, tmp_path_factory.mktemp("other"))


def test_what_another_sent_meanwhile_is_neither_sent_nor_settled_again(
    bell: Stage, faults: Faults, other: Faults
) -> None:
    for _ in range(6):
        bell.publish()
    gate = bell.slack.gate
    gate.shut()
    process = bell.serving(faults.env)
    # One post is in flight and five are claimed; the mails are settled.
    until(lambda: gate.passed == 1 and " channel=mail sent=12" in process.log, 30, "in flight")

    process.signal(signal.SIGSTOP)
    gate.open()
    other.clock(2 * LEASE.total_seconds())
    assert run_once(bell, other) == 0
    assert not bell.missing()
    second = references(bell)

    faults.clock(2 * LEASE.total_seconds())
    process.signal(signal.SIGCONT)
    until(lambda: "settled too late: its lease was lost" in process.log, TICK, "it wakes")
    until(lambda: " deliver channel=bids" in process.log, TICK, "its round is over")
    assert repeats(bell) == {"bids": 1}  # what was in flight
    assert references(bell) == second
    assert process.stop() == 0
    assert run_once(bell) == 0
    assert repeats(bell) == {"bids": 1}


def test_a_poll_that_another_made_meanwhile_is_given_up(
    bell: Stage, faults: Faults, other: Faults
) -> None:
    site = bell.portals["fts"]
    # Not while it starts: one that is stopped while it holds a lock of the file holds up all.
    bell.calm(due=10)
    bell.publish()
    site.gate.shut()
    process = bell.serving(faults.env)
    until(lambda: site.gate.passed == 1, 30, "the portal was asked")
    process.signal(signal.SIGSTOP)
    site.gate.open()
    other.clock(2 * LEASE.total_seconds())
    assert run_once(bell, other) == 0
    read = watermark(bell)
    faults.clock(2 * LEASE.total_seconds())
    process.signal(signal.SIGCONT)
    until(lambda: "was taken over by another process" in process.log, TICK, "it wakes")
    assert watermark(bell) >= read
    assert process.stop() == 0
    bell.assert_once()


def test_three_days_asleep_are_made_up_for_and_what_is_over_is_not_told(
    tmp_path: Path, shim: Path
) -> None:
    with stage(tmp_path) as bell:
        faults = Faults(shim, bell.database, tmp_path)
        now = clock()
        due = [published(bell, now - 2 * HOUR, now + HOUR * 5 / 6) for _ in range(3)]
        over = published(bell, now - 2 * HOUR, now + DAY)
        ahead = published(bell, now - 2 * HOUR, now + 3 * DAY + HOUR / 2)
        bell.calm()
        bell.slack.gate.shut()
        process = bell.serving(faults.env)
        gate = bell.slack.gate
        until(lambda: gate.passed == 1 and " channel=mail sent=6" in process.log, 30, "in flight")
        [in_flight] = bell.posts()

        process.signal(signal.SIGSTOP)
        bell.publish(at=now + DAY, new=True)
        bell.amend(bell.publish(at=now + 2 * DAY, new=True), at=now + 2.5 * DAY, new=True)
        faults.clock(3 * DAY.total_seconds())
        gate.open()
        process.signal(signal.SIGCONT)

        stale = {key for keys in due for key in keys if ">bids>" in key} - {in_flight}
        wanted = set(bell.expected) - stale - set(over)
        assert len(stale) == 2 and set(ahead) < wanted
        until(lambda: wanted <= bell.arrived().keys(), 2 * TICK, "everything that still holds")
        assert process.stop() == 0
        assert "Traceback" not in process.log
        assert run_once(bell, faults) == 0
        assert bell.arrived() == Counter(wanted)


def published(bell: Stage, at: datetime, deadline: datetime) -> list[str]:
    """A tender; the reminders of its deadline."""
    before = len(bell.expected)
    bell.publish(at=at, deadline=deadline)
    return bell.expected[before:]


def references(bell: Stage) -> dict[str, str]:
    """What the channel answered to each delivery, as the database has it."""
    with opened(bell) as connection:
        return dict(connection.execute("SELECT key, reference FROM outbox ORDER BY key"))


def watermark(bell: Stage) -> str:
    with opened(bell) as connection:
        [(at,)] = connection.execute("SELECT watermark FROM sources")
    return str(at)
