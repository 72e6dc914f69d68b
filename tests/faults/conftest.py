"""The shim, compiled once a test process, and a stage that it stands under. Runs `cc`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Faults, compiled, wanting
from tests.processes import Stage, stage


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared object that LD_PRELOAD puts between a process and Linux."""
    if reason := wanting():
        pytest.skip(reason)
    return compiled(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Stage]:
    """One source, its first run over, due at once; SQLite.

    Slack does not let it look anything up, as with the least of rights: what is in doubt is told
    again, and counted here.
    """
    with stage(tmp_path) as made:
        made.slack.scopes = frozenset({"chat:write"})
        made.calm()
        yield made


@pytest.fixture
def faults(shim: Path, bell: Stage, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    """What steers the shim of the processes that are given its environment."""
    return Faults(shim, bell.database, tmp_path_factory.mktemp("faults"))
