"""The fact that a subject begins with, and whose notice it is: read in a list of mails. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import when
from bot.filters import cut, lot_number, short
from bot.model import Award, Change, Deadline, Event, Facts, Record, Stage
from bot.render import dates
from bot.render.wording import LABELS

# So many characters of a subject are seen on a screen that is wide; a name is not worth more.
FITS = 110
_NAME, _SUPPLIER, _LOT = 40, 60, 30

_NEW: dict[Stage, str] = {
    "planning": "Planned procurement",
    "tender": "New tender",
    "award": "New award notice",
    "contract": "New contract notice",
}
_WHAT = {
    "submission": "Deadline",
    "participation": "Participation deadline",
    "enquiry": "Enquiry deadline",
    "engagement": "Market engagement",
}
_ENDS = {
    "submission": ("Submission", "closes"),
    "participation": ("Participation", "closes"),
    "enquiry": ("Enquiries", "close"),
    "engagement": ("Market engagement", "closes"),
    "expected-notice": ("Tender notice", "expected"),
    "opening": ("Opening of tenders", ""),
    "award": ("Award decision", ""),
    "standstill": ("Standstill", "ends"),
    "contract-start": ("Contract", "starts"),
    "contract-end": ("Contract", "ends"),
}
_CLOSES = ("submission", "participation")
# What every council is called, around the name that people say.
_BEFORE = re.compile(
    r"(?:the )?(?:(?:london|royal|metropolitan) )?(?:borough|city|county) (?:council )?of ", re.I
)
_AFTER = re.compile(r"(?: (?:metropolitan|county|city|borough|district|unitary))* council", re.I)


def fact(event: Event, record: Record, now: datetime, zone: ZoneInfo) -> str:
    """`Deadline moved to 19 Jun 12:00`: what happened at `now` (UTC), times told in `zone`.

    "" where no more can be said than what kind of event it is.
    """
    if event.deadline is not None:
        return _reminder(event.deadline, record, now, zone)
    if event.name == "new":
        return _new(record, now, zone)
    if event.name == "awarded":
        return _awarded(event, record)
    if event.name == "amended":
        return _amended(event, record.facts, now, zone)
    return ""


def subject(told: str, title: str, facts: Facts | None) -> str:
    """The fact, the title, and the buyer's short name where the title leaves room for it."""
    whole = f"{told}: {title}" if title else told
    name = buyer(facts.buyers[0].name) if facts and facts.buyers else ""
    if not name or name.casefold() in title.casefold() or len(whole) + len(name) + 2 > FITS:
        return whole
    return f"{whole}, {name}"


def buyer(name: str) -> str:
    """`Sefton` for Sefton Metropolitan Borough Council; "" for a name that is long even so."""
    told = short(name, _NAME * 3)
    said = _AFTER.sub("", told) if _AFTER.search(told) else told
    said = _BEFORE.sub("", said, count=1) if _BEFORE.match(said) else said
    said = said.strip(" ,-")
    said = told if said.casefold() in ("", "borough", "city", "county", "district") else said
    return said if len(said) <= _NAME else ""


def brief(at: datetime, now: datetime, zone: ZoneInfo, *, dated: bool = False) -> str:
    """`19 Jun 12:00`, or `19 Jun` for a day without a time; with the year where it is another."""
    day = dates.day(at, zone).removesuffix(dates.day(now, zone)[-5:])
    whole = dated or dates.moment(at, zone).endswith("end of day")
    return day if whole or not 1 < at.year < 9999 else f"{day} {at.astimezone(zone):%H:%M}"


def launched(record: Record) -> str:
    """What kind of notice is new: "New tender", or "Now out to tender" where it was planned."""
    earlier = any(step.stage != record.stage for step in record.steps)
    return "Now out to tender" if earlier and record.stage == "tender" else _NEW[record.stage]


def decided(event: Event, record: Record) -> Sequence[Award]:
    """The award decisions that this notice made."""
    known = {award.id for award in event.before.facts.awards} if event.before else set()
    fresh = [award for award in record.facts.awards if award.id not in known]
    return event.decisions or fresh or record.facts.awards


def _reminder(deadline: Deadline, record: Record, now: datetime, zone: ZoneInfo) -> str:
    what, ends = _ENDS[deadline.kind]
    lot = f" of {_lot(deadline.lot)}" if deadline.lot else ""
    told = dates.dated(deadline, record, now, zone)
    until = told.until or when.until(deadline.at, now, zone)
    day = brief(deadline.at, now, zone, dated=deadline.dated)
    if until.startswith("today, "):
        clock = day.rpartition(" ")[2]
        if ":" in clock:
            until, day = until.removeprefix("today, "), f"today {clock}"
        else:
            until = "today"
    return f"{' '.join(filter(None, (what + lot, ends, until)))}, {day}"


def _new(record: Record, now: datetime, zone: ZoneInfo) -> str:
    told = launched(record)
    if record.stage not in ("planning", "tender"):
        return told
    ahead = [d for d in record.facts.deadlines if d.firm and d.at > now]
    closing = [d for d in ahead if d.kind in _CLOSES]
    if closing:
        return f"{told}, closes {brief(min(d.at for d in closing), now, zone, dated=True)}"
    replies = [d.at for d in ahead if d.kind == "engagement"]
    if record.stage == "planning" and replies:
        return f"{told}, reply by {brief(min(replies), now, zone, dated=True)}"
    return told


def _awarded(event: Event, record: Record) -> str:
    made = decided(event, record)
    names = list(dict.fromkeys(name for award in made for name in award.suppliers if name))
    if not names:
        return "Awarded"
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"Awarded to {short(names[0], _SUPPLIER)}{more}"


def _amended(event: Event, facts: Facts, now: datetime, zone: ZoneInfo) -> str:
    moved = next((c for c in event.changes if c.field in _WHAT and c.origin == "field"), None)
    if moved is not None:
        return _moved(moved, now, zone)
    labels = [LABELS.get(change.field) or short(change.field, 40) for change in event.changes]
    told = list(dict.fromkeys(label.lower().replace("cpv", "CPV") for label in labels))
    more = ", …" if len(told) > 2 else ""
    return f"Amended ({', '.join(told[:2])}{more})" if told else "Amended"


def _moved(change: Change, now: datetime, zone: ZoneInfo) -> str:
    what = _WHAT[change.field] + (f" of {_lot(change.lot)}" if change.lot else "")
    to = dates.read(change.now, zone) if isinstance(change.now, str) else None
    was = dates.read(change.was, zone) if isinstance(change.was, str) else None
    if to is None:
        return f"{what} {'changed' if change.now else 'no longer stated'}"
    told = brief(to[0], now, zone, dated=to[1])
    if change.was is None:
        return f"{what} set to {told}"
    return f"{what} {'brought forward' if was and _earlier(to, was, zone) else 'moved'} to {told}"


def _earlier(to: tuple[datetime, bool], was: tuple[datetime, bool], zone: ZoneInfo) -> bool:
    """Whether a date came before another; by the day where one of them states no time."""
    if to[1] or was[1]:
        return to[0].astimezone(zone).date() < was[0].astimezone(zone).date()
    return to[0] < was[0]


def _lot(id: str) -> str:
    number = cut(short(lot_number(id), _LOT * 2), _LOT)
    return number if number.casefold().startswith("lot") else f"lot {number}"
