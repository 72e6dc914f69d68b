"""The power fails: the files as they stood at a sync are started, and nothing is lost."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.killing import publish
from tests.faults.rig import CHANNELS, COPY, Faults, by_channel, run_once
from tests.processes import Stage

STARTED = 6  # of the copies
TORN = 1000  # bytes of the last write that did not come to the disk


@dataclass(frozen=True, slots=True)
class Copy:
    """The database just before one sync."""

    folder: Path
    at: float  # seconds of the monotonic clock


def test_a_database_copied_at_any_sync_goes_on_without_a_loss(bell: Stage, faults: Faults) -> None:
    publish(bell)
    publish(bell)
    faults.on("sync", COPY)
    assert run_once(bell, faults) == 0
    first = arrivals(bell)
    assert Counter(key for _, key in first) == Counter(bell.expected)
    copies = taken(faults)
    assert len(copies) == faults.seen("sync") > STARTED
    for number in range(STARTED):
        place = number * (len(copies) - 1) // (STARTED - 1)
        copy, following = copies[place], copies[min(place + 1, len(copies) - 1)]
        restore(bell, copy, torn=number % 2 == 1)
        bell.slack.received.clear()
        bell.smtp.keys.clear()
        assert run_once(bell) == 0
        again = bell.arrived()
        told = {key for at, key in first if at < copy.at}
        assert told | again.keys() == set(bell.expected), f"copy {place} of {len(copies)}"
        assert max(again.values(), default=0) <= 1
        # Told before the power failed, at the latest at the next sync, and told again: what was in
        # flight, and, where the end of the log was torn off, what that would have settled.
        later = {key for at, key in first if at < following.at}
        repeated = by_channel(again.keys() & later)
        assert all(repeated[channel] <= 2 for channel in CHANNELS), repeated


def arrivals(bell: Stage) -> list[tuple[float, str]]:
    """When each delivery arrived, by the monotonic clock."""
    posts = zip(bell.slack.gate.times, bell.posts(), strict=True)
    return [*posts, *zip(bell.smtp.gate.times, bell.mails(), strict=True)]


def taken(faults: Faults) -> list[Copy]:
    found = sorted(faults.snapshots.iterdir())
    return [Copy(folder, int(folder.name.split("-")[1]) / 1e9) for folder in found]


def restore(bell: Stage, copy: Copy, *, torn: bool) -> None:
    """Put the copy in the database's place."""
    database = Path(bell.database.removeprefix("sqlite:///"))
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    for file in copy.folder.iterdir():
        shutil.copy(file, database.parent / file.name)
    log = database.with_name(database.name + "-wal")
    if torn and log.exists() and log.stat().st_size > TORN:
        with log.open("r+b") as file:
            file.truncate(log.stat().st_size - TORN)
