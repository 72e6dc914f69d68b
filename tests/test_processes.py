"""Real services that are killed, and several on one database. Starts processes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_all
from bot.cycle import poll
from bot.demo.shapes import JSON, fts, item
from bot.loop import clock
from bot.store import deliveries
from bot.store.engine import reading
from tests.processes import CARE_CPV, COUNCIL, HOUR, LONDON, Stage, run_verb, stage
from tests.slow import reached, until

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


# ---------------------------------------------------------------- killed


def test_fifty_kills_lose_nothing_and_repeat_only_what_was_in_flight(tmp_path: Path) -> None:
    survive(tmp_path, kills=50, services=1)


@on_postgresql
def test_kills_of_either_of_two_services_lose_nothing(database_url: str, tmp_path: Path) -> None:
    survive(tmp_path, database_url, kills=15, services=2)


def survive(folder: Path, database: str = "", *, kills: int, services: int) -> None:
    """Publish and kill at random, then let the services finish: all arrived, hardly any twice."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown when the test fails
    dice = random.Random(seed)
    with crowd(folder, database, within=kills * 0.4) as bell:
        running = [bell.start() for _ in range(services)]
        known: list[int] = []
        for _ in range(kills):
            publish(bell, known, dice)
            victim = dice.randrange(services)
            # In the start-up; else at work, after so many requests and messages or so long.
            if dice.random() < 0.2:
                reached(lambda victim=victim: running[victim].ended, dice.uniform(0, 0.6))  # type: ignore[misc]
            else:
                running[victim].serves()
                goal = bell.count() + dice.randint(1, 40)
                reached(lambda goal=goal: bell.count() >= goal, dice.uniform(0, 1))  # type: ignore[misc]
            assert not running[victim].ended, running[victim].log
            running[victim].kill()
            running[victim] = bell.start()
        left = len(bell.missing())
        bell.all_arrive()
        for process in running:
            assert process.stop() == 0, process.log
        assert run_verb("once", "--config", bell.config).returncode == 0  # nothing is owed
        arrived = bell.arrived()
        assert set(arrived) == set(bell.expected)
        repeats = Counter(key.split(">")[1] for key in (arrived - Counter(set(arrived))).elements())
        print(f"{kills} kills, {len(arrived)} deliveries, {left} at the end, repeats {repeats}")
        # A channel has one message in flight, so a kill leaves one of each in doubt.
        assert all(repeats[channel] <= kills for channel in ("bids", "mail"))
        in_order(bell)
        every_repeat_says_so(bell)


@contextmanager
def crowd(folder: Path, database: str, *, within: float) -> Iterator[Stage]:
    """Five sources due at different times, slow channels, reminders due `within` seconds."""
    names = {f"fts{n}": "find_a_tender" for n in range(4)}
    with stage(folder, database, **names, cf="contracts_finder") as bell:
        bell.every = {"fts1": "11s", "fts2": "12s", "fts3": "13s", "cf": "14s"}
        bell.configure()
        bell.slack.gate.latency = bell.smtp.gate.latency = 0.015
        for part in range(5):
            bell.publish(
                at=clock() - HOUR - timedelta(minutes=10),
                deadline=clock() + HOUR + timedelta(seconds=within * part / 5),
            )
        bell.calm()
        yield bell


def publish(bell: Stage, known: list[int], dice: random.Random) -> None:
    """None, one or two notices, amendments of `known` tenders among them."""
    for _ in range(dice.randrange(3)):
        if known and dice.random() < 0.3:
            bell.amend(dice.choice(known))
        else:
            known.append(bell.publish())


def every_repeat_says_so(bell: Stage) -> None:
    """A message that may have arrived before the kill is marked when it is sent again."""
    seen: set[str] = set()
    for key, post in zip(bell.posts(), bell.slack.received, strict=True):
        assert key not in seen or "may be a repeat" in str(post.body), key
        seen.add(key)


def in_order(bell: Stage) -> None:
    """What is said first of a tender is said in the order in which it was published."""
    place = {key: number for number, key in reversed(list(enumerate(bell.posts())))}
    told: dict[str, list[int]] = {}
    for key in bell.expected:
        if key in place:
            told.setdefault(key.split("/")[0], []).append(place[key])
    assert any(len(places) > 1 for places in told.values())
    assert all(places == sorted(places) for places in told.values())


def test_kills_with_a_digest_awards_and_answers_in_flight_repeat_nothing_on_slack(
    database_url: str, tmp_path: Path
) -> None:
    """Each kill leaves a message in doubt, which Slack is asked for before it is sent again."""
    with stage(tmp_path, database_url) as bell:
        then = clock() - HOUR
        slot = then + HOUR / 2
        bell.configure(GATHERED.format(at=f"{slot.astimezone(LONDON):%H:%M}"))
        bell.calm()
        tenders = gathered(bell, then)
        for number in range(1, 4):
            bell.portals["fts"].publish("fts", award(tenders[0], number))
        told, doubtful = -1, 0
        while told < len(bell.posts()):
            told = len(bell.posts())
            bell.slack.gate.shut()
            service = bell.serving()
            doubtful += reached(lambda told=told: len(bell.posts()) > told, 3)  # type: ignore[misc]
            service.kill()
            bell.slack.gate.open()
            assert len(bell.posts()) == len(set(bell.posts()))
        assert run_verb("once", "--config", bell.config).returncode == 0
        setup = open_all(bell.config, clock())
        with reading(setup.engine) as connection:
            rows: list[Any] = [row for row, _ in deliveries.rows(connection) if row.record]
        setup.engine.dispose()
        assert Counter((bool(row.digest), row.status) for row in rows) == {
            (True, "sent"): len(tenders), (False, "sent"): 3,
        }  # fmt: skip
        posts = bell.posts()
        assert len(posts) == len({row.reference for row in rows}) == doubtful
        assert doubtful > 1 and any(post.startswith("digest/") for post in posts)


GATHERED = """
  - name: Care
    cpv: ["85000000"]
    stages: [planning, tender, award]
    send: [{{to: bids, on: [awarded]}}, {{to: bids, on: [new], when: daily {at}}}]
"""


def gathered(bell: Stage, then: datetime) -> list[int]:
    """Tenders, by number, that were planned for a digest whose slot has passed since."""
    setup = open_all(bell.config, then)
    numbers = [
        bell.publish(at=then + timedelta(seconds=30), deadline=then + timedelta(days=30), new=True)
        for _ in range(5)
    ]
    last, now = clock() - timedelta(seconds=10), then + timedelta(minutes=1)
    assert poll(setup, setup.config.sources["fts"], now, clock=lambda: last, force=True)
    setup.engine.dispose()
    return numbers


def award(process: int, number: int) -> JSON:
    """One of several contracts that a tender ends in."""
    at = f"{clock().astimezone(LONDON):%Y-%m-%d %H:%M:%S}"
    won = {"id": str(number), "status": "active", "suppliers": [{"id": "1", "name": "Larkfield"}]}
    return fts("UK6", at, 900 + number, process, (COUNCIL,), reference="X", title="Care",
               status="complete", items=[item("1", CARE_CPV, "UKD73")], awards=[won])  # fmt: skip


# ---------------------------------------------------------------- several at once


@on_postgresql
def test_three_services_on_one_postgresql_poll_once_a_slot_and_send_once(
    database_url: str, tmp_path: Path
) -> None:
    names = {f"fts{n}": "find_a_tender" for n in range(3)}
    with stage(tmp_path, database_url, **names) as bell:
        bell.calm()
        for _ in range(12):
            bell.publish()
        processes = [bell.serving() for _ in range(3)]
        bell.all_arrive()
        sites = bell.portals.values()
        until(lambda: all(len(site.times) > 1 for site in sites), 30, "the second slot")
        assert [process.stop() for process in processes] == [0, 0, 0]
        # Every source is polled every 10 s; one request reads all.
        assert all(b - a >= 10 for site in sites for a, b in pairwise(site.times))
        assert bell.arrived() == Counter(bell.expected)


def test_two_services_on_one_sqlite_file_send_nothing_twice(tmp_path: Path) -> None:
    with stage(tmp_path, fts="find_a_tender", cf="contracts_finder") as bell:
        bell.calm()
        for _ in range(25):
            bell.publish()
        processes = [bell.start(), bell.start()]
        bell.all_arrive()
        assert [process.stop() for process in processes] == [0, 0]
        assert "Traceback" not in processes[0].log + processes[1].log
        bell.assert_once()


def test_services_that_start_together_on_an_empty_database_agree_on_its_schema(
    bare_database_url: str, tmp_path: Path
) -> None:
    with stage(tmp_path, bare_database_url) as bell:
        processes = [bell.start() for _ in range(3)]
        until(lambda: len(bell.smtp.keys) == 2 and len(bell.posts()) == 1, 30, "the first run")
        until(lambda: all(" run sources=" in process.log for process in processes), 30)
        assert [process.stop() for process in processes] == [0, 0, 0]
        assert len(bell.smtp.keys) == 2 and len(bell.posts()) == 1


def test_once_says_that_another_process_is_polling_and_does_the_rest(tmp_path: Path) -> None:
    with stage(tmp_path, fts="find_a_tender", cf="contracts_finder") as bell:
        bell.calm()
        bell.portals["fts"].gate.shut()
        bell.serving()
        until(lambda: bell.portals["fts"].gate.passed, 30, "the portal was asked")
        ended = run_verb("once", "--config", bell.config)
        assert ended.returncode == 1
        assert "source fts: another process is polling it" in ended.stderr
        assert "source cf: read;" in ended.stdout
