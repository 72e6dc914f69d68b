"""Reading again changes nothing: any page order, overlap and rhythm, the same deliveries."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo.notices import END, START, story
from bot.demo.pages import Kind, published
from bot.store import duty
from tests.fakes import World, world

ALL = """
  - name: All
    everything: true
    stages: [planning, tender, award, contract]
    remind: {}
    send: [{to: bids, on: [new, amended, cancelled, awarded]}]
"""

CONFIG = """
database: "{database}"
sources:
  fts: {{watch: find_a_tender, base_url: "{portal}", pause: 0}}
  cf: {{watch: contracts_finder, base_url: "{portal}", pause: 0}}
channels:
  bids: {{notify: slack, token: xoxb-demo, channel: "#bids", base_url: "{slack}"}}
  # {smtp}
subscriptions:
{subscriptions}
"""
Told = tuple[datetime, Kind, Mapping[str, Any]]
DATA = Path(os.environ.get("TENDERBELL_SHARED_DATA") or Path(__file__).parents[2] / "shared/data")
DAYS = sorted(DATA.glob("find_a_tender/backfill/*/page-*.json"))


def real_days() -> list[Told]:
    """Two days of Find a Tender as they were published; skipped where they are not at hand."""
    if not DAYS:
        pytest.skip(f"no recorded pages under {DATA}")
    found = {
        release["id"]: release
        for path in DAYS
        for release in json.loads(path.read_bytes())["releases"]
    }
    return [(published(release), "fts", release) for release in found.values()]


def keys(bell: World) -> list[str]:
    return sorted(row.key for row, event in bell.rows() if event.name != "started")  # type: ignore[attr-defined]


def replayed(
    database: str, folder: Path, told: list[Told], polls: list[datetime], *, shuffle: int | None
) -> list[str]:
    """The deliveries after these polls; `shuffle` mixes the pages and reads every window twice."""
    told = sorted(told, key=lambda one: one[0])
    if shuffle is not None:
        random.Random(shuffle).shuffle(told)
    folder.mkdir(exist_ok=True)
    with world(database, folder, polls[0], subscriptions=ALL, config=CONFIG) as bell:
        for _, kind, release in told:
            bell.portal.publish(kind, release)  # in this very order, newest or not
        for now in polls:
            assert bell.once(now).well
            if shuffle is not None and now != polls[0]:
                with bell.setup.engine.begin() as connection:
                    for name in ("fts", "cf"):
                        duty.set_source(connection, name, watermark=now - timedelta(hours=11))
                assert bell.once(now).well
        return keys(bell)


def every(hours: int, first: datetime, last: datetime) -> list[datetime]:
    """The same first run, then a poll each so many hours, the last at the end."""
    count = int((last - first) / timedelta(hours=hours))
    return [first, *(first + timedelta(hours=hours * n) for n in range(1, count)), last]


def test_the_demos_week(database_url: str, tmp_path: Path) -> None:
    # Contracts Finder shows only the last release of a process, so there the rhythm does matter.
    told = [one for one in story() if one[1] == "fts"]
    sqlite = f"sqlite:///{tmp_path / 'once.db'}"
    once = replayed(sqlite, tmp_path / "a", told, [START, END], shuffle=None)
    assert len(once) == len(told) - 2  # two were there before the first run, and in its summary
    polls = every(5, START, END)
    assert replayed(database_url, tmp_path / "b", told, polls, shuffle=7) == once


def test_two_real_days(tmp_path: Path) -> None:
    told = real_days()
    first, last = min(at for at, _, _ in told), max(at for at, _, _ in told)
    polls = [first - timedelta(hours=1), last + timedelta(minutes=1)]
    once = replayed(f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "a", told, polls, shuffle=None)
    assert len(once) > 900
    often = every(7, polls[0], polls[-1])
    again = replayed(f"sqlite:///{tmp_path / 'b.db'}", tmp_path / "b", told, often, shuffle=3)
    assert again == once
