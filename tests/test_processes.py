"""Real processes: killed, stopped, told to reload, several on one database. Starts processes."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.loop import clock
from tests.processes import CARE, HOUR, Stage, reached, run_verb, stage, until

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Stage]:
    """One source, its first run over, due at once; SQLite."""
    with stage(tmp_path) as made:
        made.calm()
        yield made


# ---------------------------------------------------------------- killed


def test_fifty_kills_lose_nothing_and_repeat_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
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
            # After so many requests and messages, or so long: in the start-up, too.
            goal = bell.count() + dice.randint(1, 40)
            reached(lambda goal=goal: bell.count() >= goal, dice.uniform(0.1, 1.8))  # type: ignore[misc]
            victim = dice.randrange(services)
            assert not running[victim].ended, running[victim].log
            running[victim].kill()
            running[victim] = bell.start()
        left = len(bell.missing())
        until(lambda: not bell.missing(), 60, "everything has arrived")
        for process in running:
            assert process.stop() == 0, process.log
        assert run_verb("once", "--config", bell.config).returncode == 0  # nothing is owed
        arrived = bell.arrived()
        assert set(arrived) == set(bell.expected)
        repeats = Counter(key.split(">")[1] for key in (arrived - Counter(set(arrived))).elements())
        print(f"{kills} kills, {len(arrived)} deliveries, {left} at the end, repeats {repeats}")
        # A channel has one message in flight, in each of which a kill leaves one in doubt.
        assert all(repeats[channel] <= kills for channel in ("bids", "mail"))
        in_order(bell)


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


def in_order(bell: Stage) -> None:
    """What is said first of a tender is said in the order in which it was published."""
    place = {key: number for number, key in reversed(list(enumerate(bell.posts())))}
    told: dict[str, list[int]] = {}
    for key in bell.expected:
        if key in place:
            told.setdefault(key.split("/")[0], []).append(place[key])
    assert any(len(places) > 1 for places in told.values())
    assert all(places == sorted(places) for places in told.values())


# ---------------------------------------------------------------- stopped


def test_sigterm_while_idle_stops_within_a_second(bell: Stage) -> None:
    process = bell.serving()
    until(lambda: " poll source=fts" in process.log, 30, "the poll is over")
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("slow", ["slack", "smtp"])
def test_sigterm_lets_the_message_in_flight_finish_and_leaves_the_others(
    bell: Stage, slow: str
) -> None:
    gate = bell.slack.gate if slow == "slack" else bell.smtp.gate
    for _ in range(3):
        bell.publish()
    gate.shut()
    process = bell.serving()
    until(lambda: gate.passed == 1, 30, "a message is in flight")
    process.signal(signal.SIGTERM)
    # It waits for the answer: neither gone nor on to the next message.
    assert not reached(lambda: process.ended or gate.passed > 1, 0.5)
    gate.open()
    assert process.popen.wait(20) == 0
    assert gate.passed == 1
    assert "still at work" not in process.log
    bell.serving()
    until(lambda: not bell.missing(), 30, "the others")
    assert_once(bell)


def test_sigterm_in_the_middle_of_a_poll_loses_nothing(bell: Stage) -> None:
    bell.publish()
    gate = bell.portals["fts"].gate
    gate.shut()
    process = bell.serving()
    until(lambda: gate.passed == 1, 30, "the portal was asked")
    process.signal(signal.SIGTERM)
    assert not reached(lambda: process.ended, 0.3)
    gate.open()
    assert process.popen.wait(20) == 0
    bell.serving()
    until(lambda: not bell.missing(), 30, "the notice is told")
    assert_once(bell)


def test_a_second_sigterm_and_sigint_change_nothing(bell: Stage) -> None:
    bell.publish()
    bell.slack.gate.shut()
    process = bell.serving()
    until(lambda: bell.slack.gate.passed == 1, 30, "a message is in flight")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        process.signal(number)
    assert not reached(lambda: process.ended, 0.3)
    bell.slack.gate.open()
    assert process.popen.wait(20) == 0
    bell.serving()
    until(lambda: not bell.missing(), 30, "the rest")
    assert_once(bell)


def assert_once(bell: Stage) -> None:
    """Everything expected arrived, nothing else, nothing twice; and nothing is owed."""
    assert run_verb("once", "--config", bell.config).returncode == 0
    assert bell.arrived() == Counter(bell.expected)


# ---------------------------------------------------------------- told to reload

ALL = """
  - name: Everything
    everything: true
    remind: {}
    send: [{to: mail}]
"""


def test_sighup_takes_a_new_config_over_and_refuses_a_broken_one(
    tmp_path: Path,
) -> None:
    care = CARE.replace("{to: bids}, {to: mail}", "{to: bids}")
    with stage(tmp_path, fts="find_a_tender", late="find_a_tender") as bell:
        bell.every = {"late": "17s"}  # polled by the new config, the other by the old one
        bell.configure(care)
        bell.calm(due=3)
        process = bell.serving()

        bell.configure(care.replace("85000000", "not a code"))
        place = where(bell.config, '"not a code"')
        process.signal(signal.SIGHUP)
        until(lambda: "config refused" in process.log, 30, "it is refused")
        assert f"config.yaml:{place}: subscriptions" in process.log
        assert "Traceback" not in process.log
        bell.publish()
        until(bell.posts, 30, "the old config goes on")

        bell.configure(care + ALL)
        process.signal(signal.SIGHUP)
        until(lambda: "config reloaded" in process.log, 30, "it is taken over")
        assert not bell.smtp.keys
        second = bell.publish()
        mailed = bell.keys_of(second, "mail>one@example.org")
        until(lambda: mailed & bell.arrived().keys(), 30, "the new subscription hears")
        assert process.stop() == 0
        assert set(bell.arrived()) <= set(bell.expected)
        assert set(bell.arrived().values()) == {1}


def test_sighup_while_a_message_is_in_flight_does_not_send_it_twice(bell: Stage) -> None:
    bell.publish()
    bell.slack.gate.shut()
    process = bell.serving()
    until(lambda: bell.slack.gate.passed == 1, 30, "a message is in flight")
    process.signal(signal.SIGHUP)
    until(lambda: "config reloaded" in process.log, 30, "it is taken over")
    assert not reached(lambda: bell.slack.gate.passed > 1, 2)
    bell.slack.gate.open()
    until(lambda: not bell.missing(), 30, "all are sent")
    assert process.stop() == 0
    assert_once(bell)


def test_sighup_while_a_poll_is_under_way_does_not_poll_again(bell: Stage) -> None:
    bell.publish()
    site = bell.portals["fts"]
    site.gate.shut()
    process = bell.serving()
    until(lambda: site.gate.passed == 1, 30, "the portal was asked")
    process.signal(signal.SIGHUP)
    until(lambda: "config reloaded" in process.log, 30, "it is taken over")
    assert not reached(lambda: site.gate.passed > 1, 1)
    site.gate.open()
    until(lambda: not bell.missing(), 30, "all are sent")
    assert process.stop() == 0
    assert_once(bell)


def test_signals_that_come_one_upon_the_other_are_all_heard(bell: Stage) -> None:
    process = bell.serving()
    for number in range(1, 61):
        process.signal(signal.SIGHUP)
        heard = lambda number=number: process.log.count("config reloaded") >= number  # noqa: E731
        until(heard, 10, f"reload {number}")
    assert process.stop() == 0


def where(path: Path, text: str) -> str:
    """`line:column` of a text in a file, both from 1."""
    before = path.read_text().partition(text)[0]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


# ---------------------------------------------------------------- several at once


@on_postgresql
def test_three_services_on_one_postgresql_poll_once_a_slot_and_send_once(
    database_url: str, tmp_path: Path
) -> None:
    names = {f"fts{n}": "find_a_tender" for n in range(3)}
    with stage(tmp_path, database_url, **names) as bell:
        bell.calm()
        asked = {name: len(site.times) for name, site in bell.portals.items()}
        for _ in range(12):
            bell.publish()
        processes = [bell.serving() for _ in range(3)]
        until(lambda: not bell.missing(), 30, "all are sent")
        slots = [site.times[asked[name] :] for name, site in bell.portals.items()]
        until(lambda: all(len(s.times) - asked[n] > 1 for n, s in bell.portals.items()), 30)
        assert [process.stop() for process in processes] == [0, 0, 0]
        slots = [site.times[asked[name] :] for name, site in bell.portals.items()]
        assert all(b - a >= 10 for times in slots for a, b in pairwise(times))
        assert bell.arrived() == Counter(bell.expected)


def test_two_services_on_one_sqlite_file_send_nothing_twice(
    tmp_path: Path,
) -> None:
    with stage(tmp_path, fts="find_a_tender", cf="contracts_finder") as bell:
        bell.calm()
        for _ in range(25):
            bell.publish()
        processes = [bell.start(), bell.start()]
        until(lambda: not bell.missing(), 30, "all are sent")
        assert [process.stop() for process in processes] == [0, 0]
        assert "Traceback" not in processes[0].log + processes[1].log
        assert_once(bell)


def test_services_that_start_together_on_an_empty_database_agree_on_its_schema(
    database_url: str, tmp_path: Path
) -> None:
    with stage(tmp_path, database_url) as bell:
        processes = [bell.start() for _ in range(3)]
        until(lambda: len(bell.smtp.keys) == 2 and len(bell.posts()) == 1, 30, "the first run")
        until(lambda: all(" run sources=" in process.log for process in processes), 30)
        assert [process.stop() for process in processes] == [0, 0, 0]
        assert len(bell.smtp.keys) == 2 and len(bell.posts()) == 1


def test_once_says_that_another_process_is_polling_and_does_the_rest(
    tmp_path: Path,
) -> None:
    with stage(tmp_path, fts="find_a_tender", cf="contracts_finder") as bell:
        bell.calm()
        bell.portals["fts"].gate.shut()
        bell.serving()
        until(lambda: bell.portals["fts"].gate.passed, 30, "the portal was asked")
        ended = run_verb("once", "--config", bell.config)
        assert ended.returncode == 1
        assert "source fts: another process is polling it" in ended.stderr
        assert "source cf: read;" in ended.stdout


# ---------------------------------------------------------------- faults of whoever calls


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["run", "--config", "nowhere.yaml"], "nowhere.yaml"),
        (["once", "--config", "."], "."),
        (["serve"], "no such command: serve"),
        (["onse"], "did you mean once?"),
        (["once", "--at", "yesterday"], "an instant with an offset"),
        (["once", "--at", "2026-06-12T09:00:00"], "an instant with an offset"),
        (["once", "--at", "99999-01-01T00:00:00Z"], "an instant with an offset"),
        (["run", "--colour"], "--colour"),
        (["resend"], "KEY"),
    ],
)
def test_a_fault_of_usage_is_one_line_and_exit_2(args: list[str], said: str) -> None:
    ended = run_verb(*args)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db"),
        ("sqlite:///{folder}/text.db", "is not an SQLite database"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "database:"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "once"])
def test_a_database_that_cannot_be_used_is_one_line_and_exit_2(
    tmp_path: Path, database: str, said: str, verb: str
) -> None:
    (tmp_path / "text.db").write_text("a text that is no database, and long enough to say so")
    with stage(tmp_path, database.format(folder=tmp_path)) as bell:
        ended = run_verb(verb, "--config", bell.config)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
