"""When what is planned goes out: at once, after a quiet time, at a reminder's moment, in a digest.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import detect
from bot.model import Event
from bot.quiet import Quiet, around, released, reminded
from bot.slots import Slots
from bot.stake import at_stake, waits
from bot.wants import Lead, Rhythm

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Want:
    """The leads of a deadline's kind that somebody asked for, and since when; UTC."""

    ladder: tuple[Lead, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When a delivery goes out, UTC."""

    at: datetime
    digest: str = ""  # the key of the digest that it waits for; "" for none
    urgent: bool = False  # in the channel's quiet time, for it cannot wait


class Times:
    """The quiet time of each channel, and the slots of its digests, by the config's zone."""

    def __init__(self, zone: ZoneInfo, quiets: Mapping[str, Quiet]) -> None:
        self._zone = zone
        self._quiets = quiets
        self._slots: dict[tuple[str, Rhythm], Slots] = {}

    def slots(self, channel: str, rhythm: Rhythm) -> Slots:
        """The slots of a rhythm on a channel, around its quiet time."""
        if (channel, rhythm) not in self._slots:
            made = Slots(rhythm, self._zone, self._quiets.get(channel))
            self._slots[channel, rhythm] = made
        return self._slots[channel, rhythm]

    def due(
        self,
        event: Event,
        channel: str,
        recipient: str,
        now: datetime,
        rhythms: Collection[Rhythm | None],
    ) -> Due:
        """When a recipient is told of an event that is planned `now` (UTC)."""
        if digest := self._digest(event, channel, recipient, now, rhythms):
            return digest
        quiet = self._quiets.get(channel)
        if quiet is None:
            return Due(now)
        at = released(quiet, now, at_stake(event))
        return Due(at, urgent=at == now and around(quiet, now) is not None)

    def crossed(self, want: Want, reminder: Event, channel: str, now: datetime) -> bool:
        """Whether a reminder has its time on a channel by `now` (UTC)."""
        moment = self.moment(want, reminder, channel)
        # Only for some channel's quiet time is a reminder looked at before it is due.
        return moment is not None and (moment <= now or not self._quiets)

    def moment(self, want: Want, reminder: Event, channel: str) -> datetime | None:
        """When it is to come on a channel (UTC); not always when it fell due.

        None where this lead is not wanted, or was not yet when the reminder fell due.
        """
        deadline, record = reminder.deadline, reminder.record
        if deadline is None or record is None:
            return None
        asked, leads = want.since, {lead.text for lead in want.ladder}
        if (asked and reminder.at < asked) or reminder.lead not in leads:
            return None
        quiet = self._quiets.get(channel)
        if quiet is None:
            return reminder.at
        known = max(filter(None, (asked, deadline.learned)), default=reminder.at)
        last = max(detect.due(deadline, lead, record) for lead in want.ladder)
        return reminded(quiet, reminder.at, deadline.at, known, last=reminder.at >= last)

    def _digest(
        self,
        event: Event,
        channel: str,
        recipient: str,
        now: datetime,
        rhythms: Collection[Rhythm | None],
    ) -> Due | None:
        """The soonest digest that may tell of it."""
        if None in rhythms:
            return None
        asked = [self.slots(channel, rhythm) for rhythm in rhythms if rhythm]
        if len(asked) > 1:
            asked.sort(key=lambda one: (one.after(now), one.rhythm.text))
        slots, slot = asked[0], asked[0].after(now)
        if not waits(event, now, slot):
            return None
        return Due(slot, slots.key(channel, recipient, slot))
