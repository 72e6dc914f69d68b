"""When digests go out, and which window of time each covers, in a zone and around quiet. Pure.

A slot is the instant at which a digest goes out. One that falls into the quiet time of its channel
moves to its end, together with all others of that time, and covers what came until then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.quiet import Quiet, around
from bot.wants import WEEKDAYS, Rhythm

# The longest wait for a slot: a week, and a quiet time, which ends within another (`bot.quiet`).
LONGEST = timedelta(days=15)
FORMS = "now, hourly, daily 07:30 or weekly mon 08:00"
_HOUR, _DAY, _SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
_INSTANT = timedelta(microseconds=1)
_KEY = "digest"
# What came too late for its digest makes another of the same slot: its key ends in so many.
MORE = "+"
_STAMP = "%Y-%m-%dT%H:%M"


# ---------------------------------------------------------------- as the config writes it


def rhythm(text: str) -> Rhythm | None:
    """`hourly`, `daily 07:30` or `weekly mon 08:00`; None for `now`. ValueError says what fails."""
    words = text.casefold().split()
    name, rest = (words[0], words[1:]) if words else ("", [])
    if name in ("now", "hourly"):
        if rest:
            raise ValueError(f"{name} is a word alone: {' '.join(rest)[:40]!r} is too much")
        return None if name == "now" else Rhythm()
    if name == "daily":
        if len(rest) != 1:
            raise ValueError("daily needs a time and nothing else, as in daily 07:30")
        return Rhythm(_time(rest[0]))
    if name == "weekly":
        if len(rest) != 2:
            raise ValueError("weekly needs a day and a time, as in weekly mon 08:00")
        return Rhythm(_time(rest[1]), _weekday(rest[0]))
    hint = _hint(name, ("now", "hourly", "daily", "weekly"))
    raise ValueError(f"{text[:40]!r} is not known: write {FORMS}{hint}")


def _time(word: str) -> time:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", word, re.ASCII)
    if not found:
        raise ValueError(f"{word[:40]!r} is no time of day: write 07:30 or 18:00")
    return time(int(found[1]), int(found[2]))


def _weekday(word: str) -> int:
    if word in WEEKDAYS:
        return WEEKDAYS.index(word)
    hint = _hint(word[:3], WEEKDAYS)
    raise ValueError(f"{word[:40]!r} is no day of the week: {', '.join(WEEKDAYS)}{hint}")


def _hint(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word[:40], known, 1)
    return f" (did you mean {close[0]}?)" if close else ""


# ---------------------------------------------------------------- slots and windows


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one rhythm in one zone, around one channel's quiet time. All instants are UTC.

    A time that the clocks leave out comes at the first moment after the gap, of one that comes
    twice the first counts, and a date that a zone leaves out has no slot.
    """

    rhythm: Rhythm
    zone: ZoneInfo
    quiet: Quiet | None = None

    def after(self, at: datetime) -> datetime:
        """The first slot later than `at`."""
        return _after(self, at)

    def until(self, at: datetime) -> datetime:
        """The last slot at `at` or before."""
        slot = _planned(self.rhythm, self.zone, at, back=True)
        while period := self.quiet and around(self.quiet, slot):
            start, end = period
            if end <= at:
                return end
            slot = _planned(self.rhythm, self.zone, start - _INSTANT, back=True)
        return slot

    def window(self, slot: datetime) -> tuple[datetime, datetime]:
        """What the digest of a slot covers: from the slot before it, to it; the end is outside."""
        return self.until(slot - _INSTANT), slot

    def key(self, channel: str, recipient: str, slot: datetime) -> str:
        """`digest/mail/bids@example.org/daily 07:30/2026-11-26T07:30`.

        With the slot's date and time in the zone; of an hourly one in UTC, for they come twice.
        """
        return f"{_KEY}/{channel}/{recipient}/{_end(self, slot)}"

    def prefix(self, channel: str, recipient: str) -> str:
        """With what the keys of all digests of this rhythm begin."""
        return f"{_KEY}/{channel}/{recipient}/{self.rhythm.text}/"

    def slot(self, key: str) -> datetime:
        """The slot that a key of this rhythm names."""
        local = datetime.strptime(key.rpartition("/")[2].rstrip(MORE), _STAMP).replace(
            tzinfo=self.clock
        )
        return local.astimezone(UTC)

    @property
    def clock(self) -> tzinfo:
        """In which keys name slots."""
        return UTC if self.rhythm.at is None else self.zone


def rhythm_of(key: str) -> Rhythm:
    """The rhythm that the key of a digest names."""
    found = rhythm(key.rsplit("/", 2)[1])
    if found is None:
        raise ValueError(f"{key[:80]!r} is no key of a digest")
    return found


@lru_cache(4_096)
def _end(slots: Slots, slot: datetime) -> str:
    return f"{slots.rhythm.text}/{slot.astimezone(slots.clock).strftime(_STAMP)}"


@lru_cache(4_096)
def _after(slots: Slots, at: datetime) -> datetime:
    if slots.quiet:
        # The slot before may have moved to a moment that is still ahead.
        period = around(slots.quiet, _planned(slots.rhythm, slots.zone, at, back=True))
        if period and period[1] > at:
            return period[1]
    slot = _planned(slots.rhythm, slots.zone, at, back=False)
    period = around(slots.quiet, slot) if slots.quiet else None
    return period[1] if period else slot


def _planned(rhythm: Rhythm, zone: ZoneInfo, at: datetime, *, back: bool) -> datetime:
    """The last slot at `at` or before, or the first one after it, whatever is quiet."""
    if rhythm.at is None:
        hour = at.replace(minute=0, second=0, microsecond=0)
        return hour if back else hour + _HOUR
    day, step = at.astimezone(zone).date(), -_DAY if back else _DAY
    while True:
        if rhythm.weekday in (None, day.weekday()):
            slot = _slot(day, rhythm.at, zone)
            if slot and (slot <= at if back else slot > at):
                return slot
        day += step


@lru_cache(4_096)
def _slot(day: date, clock: time, zone: ZoneInfo) -> datetime | None:
    """The instant at which a local day's clock shows this time, or the first one after it would."""
    local = datetime.combine(day, clock)
    at, after = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if at.astimezone(zone).replace(tzinfo=None) == local:
        return at
    # In a gap the offset before it leads behind it, and the offset after it before it.
    before, behind = after, at
    passed = behind.astimezone(zone).utcoffset()
    while behind - before > _SECOND:
        middle = before + ((behind - before) // 2 // _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == passed:
            behind = middle
        else:
            before = middle
    return behind if behind.astimezone(zone).date() == day else None
