"""What is worth saying: a notice's event, passing time's reminders, and what still holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.awards import matched
from bot.changes import changes, lines, ranked, signed, spoken
from bot.flags import PASSED, flags
from bot.model import (
    AFTER_AWARD,
    DEADLINE_KINDS,
    PROPOSED,
    Award,
    Change,
    Deadline,
    DeadlineKind,
    Event,
    EventName,
    Facts,
    Notice,
    Record,
    Status,
)
from bot.quiet import Quiet, instants
from bot.said import UNSAID, apart, leaves_out, left_over, overdue, worded
from bot.wants import Lead
from bot.workdays import before as workdays_before
from bot.workdays import nation

Leads = Mapping[str, Iterable[Lead]]  # by kind of deadline

ALREADY_AMENDED = "already amended, the earlier version was not seen"
AGAIN = "published again after it was cancelled"
REUSED = "the portal used this identifier before for another procurement"
PARTLY = "an award or a contract is called off, not the procurement"

# Contract notices that report on a contract and make no award.
_REPORTS = frozenset({"UK8", "UK9", "UK10", "UK11", "UK15", "UK16", "UK17"})
# Which dates still matter, by the status of the procurement: an award ends the tender's, not its
# contract's.
_ALL: frozenset[DeadlineKind] = frozenset(DEADLINE_KINDS)
_MATTER: dict[Status, frozenset[DeadlineKind]] = {
    "planned": _ALL,
    "open": _ALL,
    "awarded": AFTER_AWARD,
}
LIVE = frozenset({"planned", "open"})


def told(before: Record | None, after: Record, notice: Notice) -> Event | None:
    """The one event of a notice, or None when it says nothing new.

    `before` and `after` are the record around this notice, whenever it was read: the event and its
    key do not depend on the order or the time of polling.
    """
    name, notes = _named(before, notice)
    if name is None:
        return None
    found = _changes(before, after, notice, name)
    stale = left_over(before, notice)
    # A stub's words are of its own award: said again of another one, they are news.
    if name == "amended" and not found and (not notice.words or (stale and notice.restates)):
        return None
    if name == "new":
        notes = (*notes, PASSED) if _late(after, notice) else notes
        notes = (*notes, late) if (late := overdue(before, notice)) else notes
        notes = (*notes, *worded(spoken(after, notice, ())))
    if name == "amended" and not notice.edits and leaves_out(notice.words, found):
        notes = (*notes, UNSAID)
    if name in ("new", "amended") and notice.stage in ("planning", "tender"):
        notes = (*notes, *flags(before, after, notice, found), *apart(before, after))
    if name == "amended" and not stale:
        found = ranked((*found, *spoken(after, notice, found)))
    return Event(
        key=f"{after.key}/{notice.id}/{name}",
        name=name,
        source=after.source,
        at=notice.published,
        record=after,
        before=before,
        notice=notice.id,
        changes=found,
        decisions=_decisions(before, notice) if name == "awarded" else (),
        words="" if stale and found else notice.words,
        notes=notes,
    )


def _named(before: Record | None, notice: Notice) -> tuple[EventName | None, tuple[str, ...]]:
    if notice.cancels and notice.cancels != "lot":
        if notice.cancels != "tender":
            return "cancelled", (PARTLY,)
        again = before is not None and before.status == "cancelled"
        return ("amended" if again else "cancelled"), ()
    if notice.stage in ("award", "contract"):
        proposed = any(edit.label == PROPOSED for edit in notice.edits)
        return _award(before, notice), (PROPOSED,) if proposed else ()
    if before is None:
        if not notice.restates:
            return "amended", ()
        return "new", (ALREADY_AMENDED,) if notice.update else ()
    if not notice.restates:
        return "amended", ()
    if before.status == "cancelled":
        return "new", (AGAIN,)
    if _another(before, notice):
        return "new", (REUSED,)
    if not before.whole or not _seen(before, notice):
        return "new", (ALREADY_AMENDED,) if notice.update else ()
    return "amended", ()


def _award(before: Record | None, notice: Notice) -> EventName:
    """An award is news once: its contract, its report and its correction are amendments."""
    if notice.kind in _REPORTS or notice.update:
        return "amended"
    if not notice.facts.awards and notice.status == "awarded":
        return "awarded"  # a confirmation in words alone
    if _fresh(before, notice):
        return "awarded"
    if notice.stage == "award" and before and not _seen(before, notice):
        return "awarded"
    return "amended" if before else "awarded"


def _fresh(before: Record | None, notice: Notice) -> tuple[Award, ...]:
    held = before.facts.awards if before else ()
    return tuple(award for old, award in matched(notice, held) if old is None)


def _decisions(before: Record | None, notice: Notice) -> tuple[Award, ...]:
    """The awards that an `awarded` event tells: the new ones, or all where a stage is new."""
    return _fresh(before, notice) or notice.facts.awards


def _seen(before: Record, notice: Notice) -> bool:
    """Whether the record stood at this notice's kind before: by form where it has a number."""
    if notice.kind.startswith("UK"):
        return any(step.kind == notice.kind for step in before.steps)
    return any(step.stage == notice.stage for step in before.steps)


def _another(before: Record, notice: Notice) -> bool:
    """An identifier used again: another buyer and another title, and no word of an update."""
    if notice.update or not before.facts.buyers or not notice.facts.buyers:
        return False
    from_ids = {b.id or b.name for b in before.facts.buyers}
    to_ids = {b.id or b.name for b in notice.facts.buyers}
    return (
        from_ids.isdisjoint(to_ids)
        and {b.name.casefold() for b in before.facts.buyers}.isdisjoint(
            b.name.casefold() for b in notice.facts.buyers
        )
        and (before.facts.title or "").casefold() != (notice.facts.title or "").casefold()
    )


def _changes(
    before: Record | None, after: Record, notice: Notice, name: EventName
) -> tuple[Change, ...]:
    if name == "new":
        return ()
    if name == "cancelled":
        was = before.status if before else None
        return (Change("status", was, "cancelled"),)
    if name == "awarded":
        names = tuple(s for award in _decisions(before, notice) for s in award.suppliers)
        winners = tuple(dict.fromkeys(names)) or None
        won = Change("supplier", None, winners)
        return (won, *lines(Facts(), notice), *signed(before, notice))
    if before is None:
        return lines(Facts(), notice)
    return changes(before, after, notice)


def _late(after: Record, notice: Notice) -> bool:
    ends = [d.at for d in after.facts.deadlines if d.kind in ("submission", "participation")]
    return bool(ends) and max(ends) <= notice.published


# ---------------------------------------------------------------- passing time


def reminders(
    record: Record,
    now: datetime,
    leads: Leads,
    quiets: Iterable[Quiet] = (),
    since: datetime | None = None,
) -> list[Event]:
    """A reminder for each lead that was crossed since we learned of its deadline; all in UTC.

    `learned <= at - lead <= now`, or the time before that to which one of `quiets` may bring it
    forward. Of deadlines behind us only those that may have been due `since`: they were missed.
    Those already planned have the same key.
    """
    return [
        Event(
            key=f"{record.key}/{rung.deadline.key}/{rung.lead.text}",
            name="deadline",
            source=record.source,
            at=rung.due,
            record=record,
            notice=record.notice,
            deadline=rung.deadline,
            lead=rung.lead.text,
        )
        for rung in _ladder(record, leads, tuple(quiets))
        if min(rung.moments) <= now
        and (now < rung.deadline.at or (since is not None and max(rung.moments) >= since))
    ]


def wake(
    record: Record, since: datetime, leads: Leads, quiets: Iterable[Quiet] = ()
) -> datetime | None:
    """The next instant (UTC, not before `since`) at which a reminder of this record falls due."""
    rungs = _ladder(record, leads, tuple(quiets))
    return min((m for rung in rungs for m in rung.moments if m >= since), default=None)


@dataclass(frozen=True, slots=True)
class _Rung:
    """One lead of one deadline: when it is due, and when some channel may have it instead; UTC."""

    deadline: Deadline
    lead: Lead
    due: datetime
    moments: tuple[datetime, ...]


def _ladder(record: Record, leads: Leads, quiets: Sequence[Quiet]) -> Iterable[_Rung]:
    matter = _MATTER.get(record.status, frozenset())
    for deadline in record.facts.deadlines:
        learned = deadline.learned
        if deadline.kind not in matter or not _binding(deadline) or learned is None:
            continue
        if deadline.at <= learned or _closed(deadline, record):
            continue
        for lead in leads.get(deadline.kind, ()):
            at = due(deadline, lead, record)
            if at < learned:
                continue
            others = (m for quiet in quiets for m in instants(quiet, at))
            moments = (at, *(m for m in others if learned <= m < deadline.at))
            yield _Rung(deadline, lead, at, moments)


def due(deadline: Deadline, lead: Lead, record: Record) -> datetime:
    """When a lead is crossed, UTC. A day of a span has 24 hours; working days keep the hour."""
    if lead.workdays:
        return workdays_before(deadline.at, lead.workdays, nation(record))
    return deadline.at - lead.span


def _binding(deadline: Deadline) -> bool:
    """Forecasts are shown, not counted down; a promised notice is a forecast by nature."""
    return deadline.firm or deadline.kind == "expected-notice"


def _closed(deadline: Deadline, record: Record) -> str | None:
    """`the lot is cancelled`: why a lot's deadline is nobody's any more.

    The date of the whole falls with the last of the lots; a contract's dates outlive them.
    """
    if deadline.kind in AFTER_AWARD:
        return None
    lots = record.facts.lots or ()
    meant = [lot for lot in lots if deadline.lot in (None, lot.id)]
    if not meant or not all(lot.closed for lot in meant):
        return None
    return f"the lot is {meant[0].status}" if deadline.lot else "all lots are closed"


def false_now(event: Event, record: Record | None, now: datetime) -> str | None:
    """Why an event must not be told any more, or None while it holds: only reminders go stale."""
    if event.deadline is None:
        return None
    if record is None or event.deadline.kind not in _MATTER.get(record.status, ()):
        return f"the procurement is {record.status}" if record else "the record is gone"
    if closed := _closed(event.deadline, record):
        return closed
    if not any(d.key == event.deadline.key and _binding(d) for d in record.facts.deadlines):
        return "superseded: the deadline moved"
    if event.deadline.at <= now:
        return "the deadline has passed"
    return None
