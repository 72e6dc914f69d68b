"""When a channel is to be left in peace, and what must not wait until that is over. Pure.

One measure settles what may wait: a message waits if, when the quiet ends, at least half of the
time is left that there was until the date it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

Period = tuple[datetime, datetime]  # UTC; the end is outside

# So long before the quiet begins a reminder is sent that cannot wait until it ends: the clock is
# looked at every minute, and a message takes its time.
AHEAD = timedelta(minutes=15)
# The least that must be open between two quiet times, or nothing could be sent before them.
LEAST = timedelta(hours=1)
_DAY = timedelta(days=1)
# A week has an open day, so no quiet time is longer; a day more for the zone on either side.
_REACH = 9


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of every day, which may reach past midnight, and whole days of the week; local."""

    zone: ZoneInfo
    hours: tuple[time, time] | None = None
    days: frozenset[int] = frozenset()  # Monday is 0

    @property
    def shortest_opening(self) -> timedelta:
        """The least time between two quiet times in a week; none at all is zero."""
        week = list(_merged(_bounds(self, date(2026, 1, 5), date(2026, 1, 19))))
        return min((later[0] - now[1] for now, later in pairwise(week)), default=timedelta())


def around(quiet: Quiet, at: datetime) -> Period | None:
    """The whole quiet time that `at` (UTC) lies in, however many nights and days it joins."""
    near = _near(quiet, at.astimezone(quiet.zone).date())
    return next(((start, end) for start, end in near if start <= at < end), None)


@lru_cache(1_024)
def _near(quiet: Quiet, day: date) -> tuple[Period, ...]:
    reach = timedelta(days=_REACH)
    periods = (
        (_instant(start, quiet.zone), _instant(end, quiet.zone))
        for start, end in _bounds(quiet, day - reach, day + reach)
    )
    return tuple(_merged(periods))


def _bounds(quiet: Quiet, first: date, last: date) -> Iterator[Period]:
    """Local times without a zone, in the order of their beginning."""
    day = first
    while day <= last:
        midnight = datetime.combine(day, time())
        if day.weekday() in quiet.days:
            yield midnight, midnight + _DAY
        if quiet.hours:
            start, end = (datetime.combine(day, hour) for hour in quiet.hours)
            yield start, end if start < end else end + _DAY
        day += _DAY


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _merged(periods: Iterable[Period]) -> Iterator[Period]:
    """What touches or overlaps as one; what the clocks leave out is gone."""
    held: Period | None = None
    for start, end in periods:
        if held and start <= held[1]:
            held = held[0], max(held[1], end)
        elif start < end:
            if held:
                yield held
            held = start, end
    if held:
        yield held


# ---------------------------------------------------------------- what may wait


def released(quiet: Quiet, at: datetime, dates: Iterable[datetime]) -> datetime:
    """When a message of `at` is to be sent, given the dates ahead that it is about; all UTC.

    At once, or when the quiet ends.
    """
    period = around(quiet, at)
    if period is None:
        return at
    end = period[1]
    return end if all(can_wait(at, end, date) for date in dates if date > at) else at


def reminded(
    quiet: Quiet, due: datetime, deadline: datetime, known: datetime, *, last: bool
) -> datetime:
    """When a reminder that is due at `due` is to be sent on a channel with this quiet; all UTC.

    The `last` of a ladder, or one that cannot wait until the quiet ends, comes before it begins.
    Where that was before the deadline was `known`, or the lead asked for, it comes when the quiet
    ends if it can wait, and else when it is due.
    """
    period = around(quiet, due)
    if period is None:
        return due
    start, end = period
    waits = can_wait(due, end, deadline)
    if waits and not last:
        return end
    if start - AHEAD >= known:
        return start - AHEAD
    return end if waits else due


def instants(quiet: Quiet, due: datetime) -> tuple[datetime, ...]:
    """Every instant that `reminded` may choose, whatever the deadline and the ladder."""
    period = around(quiet, due)
    return (due, period[0] - AHEAD, period[1]) if period else (due,)


def can_wait(since: datetime, until: datetime, date: datetime) -> bool:
    """Whether at least half of the time from `since` to a date is left at `until`; all UTC."""
    return date - until >= (date - since) / 2
