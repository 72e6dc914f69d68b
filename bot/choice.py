"""What somebody chose to follow or to hear nothing of, and what comes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.match import words
from bot.model import STAGES, Event, Record
from bot.wants import Match

TYPE_CHECKING = False  # spares the import of zoneinfo
if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Key = tuple[str, str]  # source, record

# What a delivery names as its reason beside the subscriptions; none can have that name.
FOLLOWED = Match("", "you follow it")
UNFOLLOWED = "not followed any more"

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Follow:
    """A channel that hears all of a procurement, whatever the subscriptions say."""

    record: Key  # of the procurement, which is all that this record is joined to
    channel: str
    since: datetime  # UTC


# The follows of each followed record, at most one a channel.
Followed = Mapping[Key, Sequence[Follow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A procurement or a buyer of which no channel is to hear."""

    record: Key | None = None  # as that of a follow; None where a buyer is meant
    buyer: str = ""  # a name as subscriptions write it, `*` for any run of characters
    since: datetime  # UTC
    until: datetime | None = None  # UTC, from then on it is told again
    why: str = ""
    all: bool = False  # its cancellation too

    def holds(self, now: datetime) -> bool:
        """Whether it is still in force at `now` (UTC)."""
        return self.until is None or now < self.until


# ---------------------------------------------------------------- what is silenced


def concerning(mutes: Iterable[Mute], records: Sequence[Record], now: datetime) -> list[Mute]:
    """Of mutes of a procurement and of buyers those in force that concern it, its own first.

    `records` publish the very same: of two spellings of the buyer either serves.
    """
    buyers = {words.fold(b.name) for record in records for b in record.facts.buyers or ()}
    held = [
        mute
        for mute in mutes
        if mute.holds(now) and (mute.record or any(map(words.name(mute.buyer).fits, buyers)))
    ]
    return sorted(held, key=lambda mute: mute.record is None)


def silencing(
    event: Event, channel: str, mutes: Iterable[Mute], follows: Sequence[Follow]
) -> Mute | None:
    """Of the mutes that concern an event the first that keeps it from a channel, if any does.

    A follow beats a mute of the buyer on its own channel; of a follow and a mute of the same
    procurement the last word counts.
    """
    followed = any(follow.channel == channel for follow in follows)
    lifted = max((follow.since for follow in follows), default=None)
    for mute in mutes:
        if event.name == "cancelled" and not mute.all:
            continue
        if mute.record is None and followed:
            continue
        if mute.record and lifted and lifted > mute.since:
            continue
        return mute
    return None


def known_before(
    event: Event, channel: str, twins: Iterable[Record], follows: Iterable[Follow]
) -> str | None:
    """The source of a new notice's like that stood before the channel followed it, if there is one.

    Who follows what one portal publishes knows it when a second portal comes with the same.
    """
    since = min((follow.since for follow in follows if follow.channel == channel), default=None)
    if event.name != "new" or event.record is None or since is None:
        return None
    reached = STAGES.index(event.record.stage)
    for twin in twins:
        for step in twin.steps:
            if STAGES.index(step.stage) >= reached and step.published <= since:
                return twin.source
    return None


# ---------------------------------------------------------------- how it is told


def reason(mute: Mute, now: datetime, zone: ZoneInfo) -> str:
    """`muted until 3 June: too small for us`, the local day in `zone`."""
    subject = f"buyer {mute.buyer} muted" if mute.record is None else "muted"
    until = f" until {day(mute.until, now, zone)}" if mute.until else ""
    return subject + until + (f": {mute.why}" if mute.why else "")


def described(mute: Mute, now: datetime, zone: ZoneInfo) -> str:
    """`muted since 12 May until 3 June, its cancellation too: too small for us`."""
    subject = f"buyer {mute.buyer} muted" if mute.record is None else "muted"
    until = f" until {day(mute.until, now, zone)}" if mute.until else ""
    too = ", cancellations too" if mute.all else ""
    why = f": {mute.why}" if mute.why else ""
    return f"{subject} since {day(mute.since, now, zone)}{until}{too}{why}"


def day(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`3 June`, `3 June 2027` in another year than that of `now`, a time of day where `at` has one.

    Local in `zone`; seconds are left out.
    """
    there = at.astimezone(zone)
    year = "" if there.year == now.astimezone(zone).year else f" {there.year}"
    time = f"{there:%H:%M}"
    return f"{there.day} {_MONTHS[there.month - 1]}{year}" + ("" if time == "00:00" else f" {time}")
