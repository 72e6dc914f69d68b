"""Killed at a sync, a write or a send: nothing is lost, and what was in flight is repeated.

Here at a spread of a run's calls. `python -m tests.faults` kills at every call, before it and after
it; it was run once, by hand, and took five minutes: some 340 kills.
"""

from __future__ import annotations

import pytest

from tests.faults.killing import spread, survive
from tests.faults.rig import Faults, Place
from tests.processes import Stage


@pytest.mark.parametrize(("place", "kills"), [("sync", 12), ("write", 12), ("send", 12)])
def test_a_kill_at_any_call_loses_nothing_and_repeats_what_was_in_flight(
    bell: Stage, faults: Faults, place: Place, kills: int
) -> None:
    survive(bell, faults, place, spread(kills))
