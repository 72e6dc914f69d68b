"""By when a supplier has to act on a procurement, and what must not wait until then. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.detect import LIVE
from bot.model import Event, Record
from bot.quiet import can_wait

_TO_ACT = frozenset({"submission", "participation", "engagement", "enquiry"})
NEVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


def closing(record: Record, now: datetime) -> datetime | None:
    """The next date by which a supplier must act, if any is still ahead."""
    acts = _TO_ACT - {"enquiry"}
    return min(
        (d.at for d in record.facts.deadlines if d.kind in acts and d.at > now), default=None
    )


def is_open(record: Record, now: datetime) -> bool:
    """Whether a supplier can still act: not called off or awarded, and no last date behind us.

    A notice without any date is open: missing is not closed.
    """
    if record.status not in LIVE:
        return False
    ends = [d.at for d in record.facts.deadlines if d.kind in ("submission", "participation")]
    return not ends or max(ends) > now


def waits(event: Event, now: datetime, slot: datetime) -> bool:
    """Whether an event may wait from `now` for the digest of a slot, both UTC.

    Not past a date by which somebody may have to act on it; and a reminder only if at least half
    of the time is left then, for it comes to give time.
    """
    if event.deadline:
        return can_wait(now, slot, event.deadline.at)
    return not any(now < date <= slot for date in at_stake(event))


def at_stake(event: Event) -> list[datetime]:
    """The dates by which somebody may have to act on an event: as they are, and as they were."""
    if event.deadline:
        return [event.deadline.at]
    stood = [record.facts.deadlines for record in (event.before, event.record) if record]
    return [d.at for held in stood for d in held if d.kind in _TO_ACT and d.firm]
