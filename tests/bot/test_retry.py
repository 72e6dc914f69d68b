"""When a failed attempt is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import DeliveryError
from bot.retry import LONGEST, PATIENCE, GaveUp, Retry, after, poll_again
from tests.make import NOW

SOON = timedelta(minutes=1)


def test_a_permanent_fault_is_given_up_at_once() -> None:
    assert after(DeliveryError("no such user", permanent=True), 1, NOW, NOW) == GaveUp(
        "no such user"
    )


def test_waits_grow_with_the_attempts() -> None:
    waits = []
    for attempts in range(1, 9):
        outcome = after(DeliveryError("busy"), attempts, NOW, NOW)
        assert isinstance(outcome, Retry)
        waits.append(outcome.at - NOW)
    assert waits == sorted(waits)
    assert waits[0] <= SOON
    assert waits[-1] == timedelta(minutes=15)


def test_a_stated_wait_is_obeyed_up_to_a_day() -> None:
    def wait(seconds: float) -> timedelta:
        outcome = after(DeliveryError("slow", retry_after=seconds), 1, NOW, NOW)
        assert isinstance(outcome, Retry)
        return outcome.at - NOW

    assert wait(7) == timedelta(seconds=7)
    assert wait(10**9) == LONGEST


def test_patience_ends() -> None:
    later = NOW + PATIENCE + SOON
    assert isinstance(after(DeliveryError("busy"), 99, NOW, later), GaveUp)


def test_a_channel_that_is_down_does_not_use_up_a_messages_patience() -> None:
    later = NOW + PATIENCE + SOON
    outcome = after(DeliveryError("revoked", channel=True), 99, NOW, later)
    assert isinstance(outcome, Retry)
    assert outcome.channel


def test_an_answer_that_never_came_is_tried_again_and_remembered() -> None:
    outcome = after(DeliveryError("reset", unknown=True), 1, NOW, NOW)
    assert isinstance(outcome, Retry)
    assert outcome.unknown


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [
        (1, None, 30),
        (2, None, 60),
        (5, None, 480),
        (6, None, 900),
        (50, None, 900),
        (1, 120.0, 120),
        (9, 300.0, 300),
        (1, 1e9, 86400),
    ],
)
def test_a_failing_source_is_asked_ever_more_rarely(
    failures: int, asked: float | None, seconds: int
) -> None:
    assert poll_again(failures, timedelta(minutes=30), asked) == timedelta(seconds=seconds)
