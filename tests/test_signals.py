"""A real service that is told to stop or to reload, and bad calls. Starts processes."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.pages import Answer
from tests.processes import CARE, Stage, run_verb, stage
from tests.slow import reached, until


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Stage]:
    """One source, its first run over, due at once; SQLite."""
    with stage(tmp_path) as made:
        made.calm()
        yield made


# ---------------------------------------------------------------- stopped


def test_sigterm_while_idle_stops_without_waiting_for_the_drain(bell: Stage) -> None:
    process = bell.serving()
    until(lambda: " poll source=fts" in process.log, 30, "the poll is over")
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 5  # the drain alone would take 10


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
    bell.all_arrive()
    bell.assert_once()


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
    bell.all_arrive()
    bell.assert_once()


@pytest.mark.parametrize("wait", ["between two pages", "as the portal asks"])
def test_sigterm_ends_a_wait_of_a_minute_at_once(bell: Stage, wait: str) -> None:
    site = bell.portals["fts"]
    if wait == "as the portal asks":
        site.script("fts", Answer(status=429, headers={"Retry-After": "59"}))
    else:
        config = bell.config.read_text()  # three hours are read again, an hour a request
        bell.config.write_text(config.replace("pause: 0", "pause: 60, window: 1h"))
    bell.publish()
    process = bell.serving()
    until(lambda: site.gate.passed == 1, 30, "the portal was asked")
    assert not reached(lambda: process.ended or site.gate.passed > 1, 1)  # it is waited
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 5  # the drain alone would take 10
    assert "still at work" not in process.log
    bell.configure()
    bell.serving()
    bell.all_arrive()
    bell.assert_once()


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
    bell.all_arrive()
    bell.assert_once()


# ---------------------------------------------------------------- told to reload

ALL = """
  - name: Everything
    everything: true
    remind: {}
    send: [{to: mail}]
"""


def test_sighup_takes_a_new_config_over_and_refuses_a_broken_one(tmp_path: Path) -> None:
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
    bell.all_arrive()
    assert process.stop() == 0
    bell.assert_once()


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
    bell.all_arrive()
    assert process.stop() == 0
    bell.assert_once()


def test_signals_that_come_one_upon_the_other_are_all_heard(bell: Stage) -> None:
    process = bell.serving()
    for number in range(1, 61):
        process.signal(signal.SIGHUP)
        heard = lambda number=number: process.log.count("config reloaded") >= number  # noqa: E731
        until(heard, 30, f"reload {number}")
    assert process.stop() == 0


def where(path: Path, text: str) -> str:
    """`line:column` of a text in a file, both from 1."""
    before = path.read_text().partition(text)[0]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


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
