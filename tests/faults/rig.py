"""Steers the shim, and says what a process left behind. Touches files and the database."""

from __future__ import annotations

import mmap
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from tests.processes import Stage, run_verb
from tests.slow import until

Place = Literal["sync", "write", "send"]
NOTHING, DIE_BEFORE, DIE_AFTER, FAIL, COPY = range(5)
FOR_EVER = 2**62
CHANNELS = ("bids", "mail")
KILLED = -9

# The layout of `struct control`: the clock, then five numbers a place.
_PLACES: dict[Place, int] = {"sync": 1, "write": 6, "send": 11}
_SEEN, _FIRST, _LAST, _ACT, _DONE = range(5)
_SIZE = 16


SOURCE = Path(__file__).with_name("shim.c")


def wanting() -> str:
    """Why the shim cannot be had here; "" where it can."""
    if not sys.platform.startswith("linux"):
        return "LD_PRELOAD and /proc are needed: these faults are made on Linux"
    if shutil.which("cc") is None:
        return "a C compiler named cc is needed to compile tests/faults/shim.c"
    return ""


def compiled(folder: Path) -> Path:
    """The shim, made in `folder`."""
    made = folder / "shim.so"
    flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, "-o", made, SOURCE, "-ldl", "-lpthread"], check=True)
    return made


class Faults:
    """The control file of the shim; the process that reads it may be running."""

    def __init__(self, shim: Path, database: str, folder: Path) -> None:
        self._shim = shim
        self._database = Path(os.path.realpath(database.removeprefix("sqlite:///")))
        self._control = folder / "control"
        self._control.write_bytes(bytes(8 * _SIZE))
        self.snapshots = folder / "snapshots"
        self.snapshots.mkdir()
        with self._control.open("r+b") as file:
            self._cells = memoryview(mmap.mmap(file.fileno(), 8 * _SIZE)).cast("q")

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process that is to stand under the shim."""
        return environment() | {
            "LD_PRELOAD": str(self._shim),
            "FAULTS_CONTROL": str(self._control),
            "FAULTS_DATABASE": str(self._database),
            "FAULTS_SNAPSHOTS": str(self.snapshots),
        }

    def on(self, place: Place, act: int, first: int = 1, last: int = FOR_EVER) -> None:
        """From now on, act on the calls `first` to `last`, counted from now."""
        at = _PLACES[place]
        self._cells[at + _ACT] = NOTHING
        self._cells[at + _SEEN] = self._cells[at + _DONE] = 0
        self._cells[at + _FIRST], self._cells[at + _LAST] = first, last
        self._cells[at + _ACT] = act

    def heal(self) -> None:
        """No call fails any more."""
        for at in _PLACES.values():
            self._cells[at + _ACT] = NOTHING

    def seen(self, place: Place) -> int:
        """Calls since `on`."""
        return self._cells[_PLACES[place] + _SEEN]

    def done(self, place: Place) -> int:
        """How many of them were acted on."""
        return self._cells[_PLACES[place] + _DONE]

    def clock(self, seconds: float) -> None:
        """The time of day is so far from the right one."""
        self._cells[0] = int(seconds)


@cache
def _byte_code() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def environment() -> dict[str, str]:
    """That of this process; a Python that keeps no byte code takes 2 s more for each start."""
    kept = dict(os.environ)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = _byte_code().name
    return kept


def run_once(bell: Stage, faults: Faults | None = None) -> int:
    """`once` to its end; its exit status, KILLED when it did not come there."""
    env = faults.env if faults else environment()
    return run_verb("once", "--config", bell.config, env=env).returncode


# ---------------------------------------------------------------- what a process left behind


@contextmanager
def opened(bell: Stage) -> Iterator[sqlite3.Connection]:
    """The database as it stands: a reader that writes and checkpoints nothing."""
    path = bell.database.removeprefix("sqlite:///")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def settled(bell: Stage) -> set[str]:
    """Keys of the deliveries that the database knows to be sent."""
    with opened(bell) as connection:
        return {row[0] for row in connection.execute("SELECT key FROM outbox WHERE status='sent'")}


def in_doubt(bell: Stage, before: Counter[str]) -> Counter[str]:
    """How much arrived on each channel since `before` and is not settled: it is told again.

    Every process must have ended: what it sent may still lie in a stand-in's socket, and is read.
    """
    until(lambda: not any("process_request" in t.name for t in threading.enumerate()), 30, "quiet")
    done = settled(bell)
    fresh = bell.arrived() - before
    return by_channel(key for key in fresh.elements() if key not in done)


def by_channel(keys: Iterable[str]) -> Counter[str]:
    return Counter(key.split(">")[1] for key in keys)


def repeats(bell: Stage) -> Counter[str]:
    """How many messages of each channel came once too often."""
    arrived = bell.arrived()
    return by_channel((arrived - Counter(set(arrived))).elements())


def all_or_nothing(bell: Stage) -> None:
    """A notice is folded with all its deliveries queued, or not folded with none of them."""
    with opened(bell) as connection:
        queued = {row[0] for row in connection.execute("SELECT key FROM outbox")}
        kept = connection.execute("SELECT source, record, id, folded FROM notices").fetchall()
    for source, record, id, folded in kept:
        mine = {key for key in bell.expected if key.startswith(f"{source}:{record}/{id}/")}
        assert mine
        assert mine & queued == (mine if folded else set())
