"""What looks odd about the deadlines of a notice: said where it comes up, never mended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot import when, workdays
from bot.filters import named_lots
from bot.model import Change, Deadline, Notice, Record

PASSED = "the deadline had passed when this was published"
ENQUIRY_LATE = "questions may be asked until after the submission deadline: one date may be wrong"

_NAMES = {
    "submission": "the submission deadline",
    "participation": "the participation deadline",
    "enquiry": "the enquiry deadline",
}
_ENDS = ("submission", "participation")
_DAY = timedelta(days=1)
_SOON = timedelta(days=2)
# How the reading of a source remarks on a time whose offset is not that of the buyer's country.
_ODD_OFFSET = "time has an offset unlike the buyer's"


def flags(
    before: Record | None, after: Record, notice: Notice, changes: Sequence[Change]
) -> tuple[str, ...]:
    """A short sentence for each oddity that this notice brings about.

    `before` and `after` are the record around it, `changes` what differs. Only deadlines that were
    not there before are looked at, so no later notice tells it again. Of those without a time, and
    of 23:59, a message says by itself that the day counts. Days and hours are those of the buyer's
    nation; where that is not known nothing is said of them.
    """
    held = {(d.key, d.firm) for d in before.facts.deadlines} if before else set()
    fresh = [
        d
        for d in after.facts.deadlines
        if d.kind in _NAMES and d.firm and (d.key, d.firm) not in held
    ]
    ahead = [d for d in fresh if d.at > notice.published]
    its = workdays.nation(after)
    zone = ZoneInfo(its.zone if its else "UTC")
    told = [
        *_closed(before, after, notice),
        *_forward(changes, zone, notice.published),
        *_short(before, after, notice, ahead, zone),
        *(_clocks(ahead, its, zone) if its else ()),
        *_late_questions(before, after),
        *_offsets(ahead, notice),
    ]
    return tuple(dict.fromkeys(told))


def _named(kind: str, lots: Iterable[str | None]) -> str:
    """`the submission deadline`, `the submission deadline of lots 2 and 5`."""
    ids = [lot for lot in dict.fromkeys(lots) if lot]
    return f"{_NAMES[kind]} of {named_lots(ids)}" if ids else _NAMES[kind]


# ---------------------------------------------------------------- against what was


def _closed(before: Record | None, after: Record, notice: Notice) -> Iterator[str]:
    """A live tender whose last date was moved behind us."""
    was, now = (
        max((d.at for d in r.facts.deadlines if d.kind in _ENDS), default=None) if r else None
        for r in (before, after)
    )
    if was and now and now <= notice.published < was:
        yield PASSED


def _forward(changes: Sequence[Change], zone: ZoneInfo, published: datetime) -> Iterator[str]:
    for change in changes:
        sides = _sides(change, zone)
        if change.field not in _NAMES or sides is None or sides[1] >= sides[0]:
            continue
        was, now = sides
        left = now - published
        soon = f", to {when.length(left)} after this notice" if timedelta() < left < _SOON else ""
        yield f"{_named(change.field, [change.lot])} was {when.moved(was, now, zone)}{soon}"


def _sides(change: Change, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Both sides of a change, as days where one states no time; None where one is no date."""
    if not isinstance(change.was, str) or not isinstance(change.now, str):
        return None
    try:
        was, now = datetime.fromisoformat(change.was), datetime.fromisoformat(change.now)
    except ValueError:
        return None
    if was.tzinfo and now.tzinfo:
        return was, now
    return _day(was, zone), _day(now, zone)


def _day(at: datetime, zone: ZoneInfo) -> datetime:
    there = at.astimezone(zone) if at.tzinfo else at
    return datetime(there.year, there.month, there.day, tzinfo=zone)


def _late_questions(before: Record | None, after: Record) -> Iterator[str]:
    if _asks_late(after) and not (before and _asks_late(before)):
        yield ENQUIRY_LATE


def _asks_late(record: Record) -> bool:
    firm = [d for d in record.facts.deadlines if d.firm]
    ends = [d for d in firm if d.kind == "submission"]
    return any(
        ask.at > end.at and (ask.lot == end.lot or None in (ask.lot, end.lot))
        for ask in firm
        if ask.kind == "enquiry"
        for end in ends
    )


# ---------------------------------------------------------------- the calendar and the clock


def _clocks(ahead: Sequence[Deadline], its: workdays.Nation, zone: ZoneInfo) -> Iterator[str]:
    """Days on which nobody answers the telephone, and midnights."""
    odd: dict[tuple[str, str], list[str | None]] = {}
    for d in ahead:
        there = d.at.astimezone(zone)
        day = when.local_date(d.at, zone)
        if not d.dated and (there.hour, there.minute) == (0, 0):
            last = when.local_date(d.at - _DAY, zone)
            told = f"ends at midnight as {day} begins: act by {last}"
        elif there.weekday() > 4:
            told = f"is a {there:%A}"
        elif not _works(there, its):
            told = f"is on a public holiday, {day}"
        else:
            continue
        odd.setdefault((d.kind, told), []).append(d.lot)
    for (kind, told), lots in odd.items():
        yield f"{_named(kind, lots)} {told}"


def _works(there: datetime, its: workdays.Nation) -> bool:
    """Whether a local day is a working day: then it is the last one before the day after it."""
    return workdays.before(there + _DAY, 1, its).astimezone(there.tzinfo).date() == there.date()


def _offsets(ahead: Sequence[Deadline], notice: Notice) -> Iterator[str]:
    kinds = {d.kind for d in ahead}
    for remark in notice.remarks:
        head, found, stated = remark.partition(f" {_ODD_OFFSET}: ")
        kind = head.removeprefix("the ")
        if found and kind in kinds:
            name = _NAMES[kind]
            yield f"{name} is stated in another time zone than the buyer's: {stated}"


# ---------------------------------------------------------------- time to answer


class _Law(NamedTuple):
    """Days from publication below which a period is short, and what the law has to say of it."""

    least: int
    tenders: str
    requests: str


# Procurement Act 2023, section 54 (legislation.gov.uk/ukpga/2023/54/section/54), of which the
# shortest that applies counts. (3) Requests to participate: 25 days, 10 in a state of urgency. (4)
# Tenders: 25 days where they come electronically and all documents are there with the notice, 30
# where one of the two holds, 35 where neither; 10 in a state of urgency, after a qualifying planned
# procurement notice and for a dynamic market. None for a light-touch contract. Where only
# pre-selected suppliers may tender, to utilities and authorities below central government, it is 10
# or as agreed: that period begins with the invitation, not with this notice. (5) A period begins
# with the day after the publication and ends with the day of the deadline.
_ACT = _Law(
    25,
    "the usual minimum is 25 (10 if urgent, announced before or for a dynamic market)",
    "the usual minimum is 25 (10 if urgent)",
)
# Directive 2014/24/EU, article 27: tenders in an open procedure 35 days, 30 where they come
# electronically, 15 after a prior information notice or in a state of urgency. Articles 28 and 29:
# requests to participate 30 days, 15 in a state of urgency; articles 30 and 31: 30 days. In the
# United Kingdom the Public Contracts Regulations 2015, regulations 27 to 31, and SSI 2015/446, 28
# to 32. Days run from the dispatch, up to five days before the publication (article 51(2)).
_OPEN = "the usual minimum is 30 from dispatch (15 if urgent or announced before)"
_DIRECTIVE = _Law(25, _OPEN, "the usual minimum is 30 from dispatch (15 if urgent)")
# Directive 2014/25/EU, article 45: the same for tenders; articles 46 to 49: for requests to
# participate 30 days "as a general rule", 15 "in any event".
_UTILITIES = _Law(25, _OPEN, "the usual minimum is 30 from dispatch (15 in any event)")
_FORMS = {
    "UK4": _ACT, "F02": _DIRECTIVE, "16": _DIRECTIVE, "F05": _UTILITIES, "17": _UTILITIES,
}  # fmt: skip
_PROCEDURES = (
    "open procedure", "restricted procedure", "competitive flexible procedure",
    "competitive procedure with negotiation", "negotiated procedure with a call for competition",
    "negotiated procedure with prior call for competition", "competitive dialogue",
    "innovation partnership",
)  # fmt: skip
# Divisions with services of the light-touch or social regime, which have no minimum (Directive
# 2014/24, annex XIV; Procurement Regulations 2024, schedule 1). A notice does not always say.
_LIGHT = frozenset({"55", "60", "64", "75", "79", "80", "85", "92", "98"})


def _short(
    before: Record | None,
    after: Record,
    notice: Notice,
    ahead: Sequence[Deadline],
    zone: ZoneInfo,
) -> Iterator[str]:
    """Under the legal minimum, in the first call alone: what is changed later may be shorter.

    Where requests to participate come first, the period for tenders begins with the invitation.
    """
    law = _FORMS.get(notice.kind)
    procedure = (after.facts.procedure or "").casefold()
    light = any(code.id[:2] in _LIGHT for code in after.facts.cpv or ())
    known = {d.kind for d in before.facts.deadlines if d.firm} if before else set()
    if law is None or notice.update or light or procedure not in _PROCEDURES:
        return
    began = notice.published.astimezone(zone).date()
    days: dict[str, int] = {}
    for d in ahead:
        if d.kind in _ENDS and d.kind not in known:
            left = (d.at.astimezone(zone).date() - began).days
            days[d.kind] = min(left, days.get(d.kind, left))
    kind = "participation" if "participation" in days else "submission"
    least = law.requests if kind == "participation" else law.tenders
    if days.get(kind, law.least) < law.least:
        yield f"{_NAMES[kind]} is {_days(days[kind])} after publication; {least}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
