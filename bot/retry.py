"""The outcome of one attempt at a delivery, and when to try again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import DeliveryError

# Seconds before the second, third, … attempt; the last stands for all that follow.
_STEPS = (2.0, 10.0, 60.0, 300.0, 900.0)
# A message that could not be delivered for so long is given up, and said so in `status`.
PATIENCE = timedelta(days=3)
# A stated wait is obeyed up to here: a header of years must not silence a channel.
LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took it; `reference` is what it answered."""

    reference: str
    anew: bool = False  # it begins its conversation again
    shown: str = ""  # a digest of the present state that it shows, where it is kept up to date


@dataclass(frozen=True, slots=True)
class Retry:
    """To be tried again; `channel` says that all messages of the channel wait as well."""

    at: datetime
    why: str
    channel: bool = False
    unknown: bool = False
    behind: str = ""  # the event of another portal that says the same and is told first


@dataclass(frozen=True, slots=True)
class GaveUp:
    """No later attempt can help, or the patience is at its end."""

    why: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """No longer true: settled without being sent."""

    why: str


Outcome = Sent | Retry | GaveUp | Dropped


def after(error: DeliveryError, attempts: int, due: datetime, now: datetime) -> Outcome:
    """What follows a failed attempt: `attempts` so far, first due at `due`, `now`, both UTC.

    An answer that never came is tried again as well: a repeat is better than a loss.
    """
    if error.permanent:
        return GaveUp(str(error))
    # A channel that is down or parked is no fault of the message: it does not use up its patience.
    if not error.channel and now - due > PATIENCE:
        return GaveUp(f"{error}; no success in {PATIENCE.days} days")
    wait = timedelta(seconds=_STEPS[min(attempts, len(_STEPS)) - 1])
    if error.retry_after is not None:
        wait = min(timedelta(seconds=error.retry_after), LONGEST)
    return Retry(now + wait, str(error), channel=error.channel, unknown=error.unknown)


def poll_again(failures: int, every: timedelta, retry_after: float | None) -> timedelta:
    """The wait before a failing source is polled again: doubling from 30 s, at most 15 minutes.

    A wait that the source itself asked for is obeyed, up to a day.
    """
    if retry_after is not None:
        return min(timedelta(seconds=retry_after), LONGEST)
    doubled = timedelta(seconds=30 * 2 ** min(failures - 1, 5))
    return min(doubled, timedelta(minutes=15), max(every, timedelta(seconds=30)))


def part_again(failures: int, every: timedelta) -> timedelta:
    """The wait before a failing piece of a source is asked for again: doubling, at most a day."""
    return min(every * (1 << min(failures, 10)), timedelta(days=1))
