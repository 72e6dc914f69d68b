"""What a message adds for one recipient: how late it comes, which reminder is void. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.changes import stated
from bot.model import DEADLINE_KINDS, Change, Deadline, Event
from bot.render.dates import day, moment
from bot.when import length

# A reminder that comes by so much later than it was to come says so.
LATE = timedelta(hours=1)
_DATE = len("2026-06-19")


def late(due: datetime, planned: datetime, now: datetime, zone: ZoneInfo) -> str:
    """What a reminder says that comes late, else nothing.

    It was to come at `due` and was `planned` for the channel at that time, all UTC.
    """
    if now - due < LATE:
        return ""
    asleep = planned - due >= LATE
    why = "when the bot was not running" if asleep else "when the channel took no messages"
    return f"{length(now - due)} late: it was due {moment(due, zone, act=False)}, {why}"


def moves(event: Event) -> list[Change]:
    """The deadlines that an amendment takes back."""
    if event.name != "amended":
        return []
    return [change for change in event.changes if change.field in DEADLINE_KINDS and change.was]


def void(event: Event, sent: Iterable[tuple[Event, datetime]], zone: ZoneInfo) -> str:
    """`the reminder of 3 Jun 2026 no longer holds`, else nothing.

    `sent` are the reminders that the recipient got of this procurement, each with when (UTC).
    """
    taken_back = moves(event)
    days = dict.fromkeys(
        day(at, zone)
        for reminder, at in sorted(sent, key=lambda pair: pair[1])
        if reminder.deadline
        and any(
            _was(change, reminder.deadline) and not _holds(change, reminder.deadline, event)
            for change in taken_back
        )
    )
    if not days:
        return ""
    *first, last = days
    if first:
        return f"the reminders of {', '.join(first)} and {last} no longer hold"
    return f"the reminder of {last} no longer holds"


def _was(change: Change, deadline: Deadline) -> bool:
    """Whether a change moves this deadline; portals that state only the day state the same."""
    if (change.field, change.lot) != (deadline.kind, deadline.lot):
        return False
    was, told = str(change.was), stated(deadline)
    return was == told or (_DATE in (len(was), len(told)) and was[:_DATE] == told[:_DATE])


def _holds(change: Change, deadline: Deadline, event: Event) -> bool:
    """Whether a date that only the buyer's words move stands in the record as it was."""
    held = event.record.facts.deadlines if event.record else ()
    return change.origin == "words" and any(d.key == deadline.key for d in held)
