"""The clock is set while `run` serves: polls and messages go on within a tick, nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.demo.slack import busy
from bot.loop import LOOK, Every, clock
from tests.faults.rig import Faults, run_once
from tests.processes import Stage
from tests.slow import until

DAY = timedelta(days=1)
JUMPS = {"a day on": DAY, "a day back": -DAY, "10 years back": -3653 * DAY}
TICK = 3 * LOOK.total_seconds()  # the machine may be busy with other tests


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_the_service_goes_on_when_the_clock_is_set_and_when_it_is_set_right(
    bell: Stage, faults: Faults, jump: timedelta
) -> None:
    site = bell.portals["fts"]
    bell.publish()
    bell.slack.faults.append(busy(3600))  # an hour by the old clock
    process = bell.serving(faults.env)
    until(lambda: len(bell.smtp.keys) == 2 and not bell.slack.faults, TICK, "the first poll")

    faults.clock(jump.total_seconds())
    until(lambda: process.log.count(" poll source=fts") == 2, TICK, "a poll by the wrong clock")
    bell.all_arrive(TICK)

    bell.publish()
    faults.clock(0)
    polls = len(site.times)
    until(lambda: len(site.times) > polls, TICK, "a poll by the right clock")
    bell.all_arrive(TICK)
    # Not one for each quarter of a day that the clock was wrong.
    assert len(site.times) - polls < 10
    assert process.stop() == 0
    assert "Traceback" not in process.log
    bell.assert_once()


def test_a_service_that_starts_does_not_wait_for_dates_of_a_clock_that_was_ahead(
    bell: Stage, faults: Faults
) -> None:
    bell.publish()
    bell.slack.faults.append(busy(3600))
    faults.clock(2.5 * DAY.total_seconds())
    assert run_once(bell, faults) == 1  # the posts are owed, an hour later by that clock
    assert bell.posts() == []
    faults.clock(0)
    process = bell.serving(faults.env)
    bell.all_arrive(TICK)
    assert process.stop() == 0
    bell.assert_once()


def test_runs_that_ten_skipped_years_would_have_held_are_not_counted_one_by_one() -> None:
    now = clock()
    assert Every(LOOK).get_next_fire_time(now - 3653 * DAY, now) == now
    assert Every(LOOK).get_next_fire_time(now, now) == now + LOOK
    assert Every(LOOK).get_next_fire_time(None, now) == now + LOOK
