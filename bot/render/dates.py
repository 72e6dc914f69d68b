"""How a message tells deadlines: which of them, in local time, and how far away. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot import when
from bot.filters import lot_number, short
from bot.model import DEADLINE_KINDS, Deadline, DeadlineKind, Event, Facts, Record

LABELS: dict[str, str] = {
    "submission": "Submission deadline",
    "participation": "Participation deadline",
    "enquiry": "Enquiry deadline",
    "engagement": "Market engagement",
    "expected-notice": "Tender notice expected",
    "opening": "Opening of tenders",
    "award": "Award decision",
    "standstill": "Standstill ends",
    "contract-start": "Contract starts",
    "contract-end": "Contract ends",
}
# Those by which a supplier must act: a dated one lasts to the end of its day.
ACT = frozenset({"submission", "participation", "enquiry"})
_BRIEF = {
    "submission": "Submit by",
    "participation": "Ask to take part by",
    "enquiry": "Enquiries by",
}
_WORDS = 300  # characters of a sentence that a deadline was read from
# How far away a date is, where that does not change from day to day.
PASSED, VOID = "passed", "no longer stands"
LASTING = frozenset({PASSED, VOID})
_PLANNING = frozenset({"engagement", "expected-notice"})
_CONTRACT = frozenset({"contract-start", "contract-end"})
_AFTER = _CONTRACT | {"standstill"}
_AHEAD = ACT | _PLANNING
_CLOSING = frozenset({"submission", "participation"})


@dataclass(frozen=True, slots=True)
class Dated:
    """One deadline as it is told."""

    label: str  # "Submission deadline (Lots 1 to 3)"
    at: str  # "Fri 19 Jun 2026 12:00 BST"
    until: str  # "in 3 days", "passed", "no longer stands"; "" where it does not matter
    hint: str = ""  # "expected, no time stated"
    passed: bool = False
    words: str = ""  # the sentence that it was read from, where this message shows it
    brief: str = ""  # "Submit by": the label where the date stands alone below it
    unix: int = 0  # the instant in seconds where a time is told, for a reader's own zone

    @property
    def text(self) -> str:
        """`Fri 19 Jun 2026 12:00 BST, in 3 days (expected)`."""
        near = f", {self.until}" if self.until else ""
        return self.at + near + (f" ({self.hint})" if self.hint else "")


def day(at: datetime, zone: ZoneInfo) -> str:
    """`19 Jun 2026`, the local day of an instant."""
    return when.local_date(at, zone).partition(" ")[2] if tellable(at) else when.iso(at)[:10]


def moment(at: datetime, zone: ZoneInfo, *, dated: bool = False, act: bool = True) -> str:
    """`Fri 19 Jun 2026 12:00 BST`; what ends with its day says so, where one must `act` by it."""
    if not tellable(at):
        return when.iso(at)
    if act:
        return when.local_end(at, zone, dated=dated)
    last_minute = when.local_end(at, zone) != when.local(at, zone)
    return when.local_date(at, zone) if dated or last_minute else when.local(at, zone)


def tellable(at: datetime) -> bool:
    """Whether an instant has a local time in every zone: the first and last years do not."""
    return 1 < at.year < 9999


def dated(deadline: Deadline, record: Record, now: datetime, zone: ZoneInfo) -> Dated:
    """One deadline of a record, at `now` (UTC)."""
    act = deadline.kind in ACT
    passed = deadline.at <= now
    until = PASSED if passed else "far ahead"
    if deadline.kind in _CONTRACT:
        until = ""  # nobody counts the days to a contract's end
    elif not passed and tellable(deadline.at):
        until = when.until(deadline.at, now, zone)
    if record.status == "cancelled" and not passed:
        until = VOID
    hints = (
        ("expected", not deadline.firm and deadline.kind != "expected-notice" and not passed),
        ("no time stated", deadline.dated and act),
        ("read from the notice's text", deadline.origin == "words"),
    )
    lot = f" ({lot_name(deadline.lot, record.facts)})" if deadline.lot else ""
    label = LABELS[deadline.kind]
    at = moment(deadline.at, zone, dated=deadline.dated, act=act)
    timed = tellable(deadline.at) and at == when.local(deadline.at, zone)
    return Dated(
        label=label + lot,
        at=at,
        until=until,
        hint=", ".join(text for text, holds in hints if holds),
        passed=passed,
        brief=_BRIEF.get(deadline.kind, label) + lot,
        unix=int(deadline.at.timestamp()) if timed else 0,
    )


def shown(event: Event, record: Record, now: datetime, zone: ZoneInfo) -> list[Dated]:
    """The deadlines worth a line in this message, the most consequential first."""
    told: list[Dated] = []
    # Whoever hears of it for the first time, or is about to rely on it, sees what was read.
    quoted = event.name in ("new", "deadline")
    telling = [d for d in record.facts.deadlines if _telling(d, event, record, now)]
    if event.deadline and event.deadline not in telling:
        telling.append(event.deadline)
    for same in _grouped(telling):
        one = dated(same[0], record, now, zone)
        if len(same) > 1:
            kind, lots = same[0].kind, f" ({len(same)} lots)"
            label, brief = LABELS[kind], _BRIEF.get(kind, LABELS[kind])
            one = replace(one, label=label + lots, brief=brief + lots)
        if quoted and same[0].origin == "words":
            one = replace(one, words=short(same[0].words, _WORDS))
        told.append(one)
    return told


def _telling(deadline: Deadline, event: Event, record: Record, now: datetime) -> bool:
    kind = deadline.kind
    if record.stage in ("award", "contract") or event.name == "awarded":
        return kind in _AFTER
    if kind in _PLANNING:
        return record.stage == "planning" or deadline.at > now
    return kind in ACT or (kind in _CONTRACT and event.name == "new")


def _grouped(deadlines: Iterable[Deadline]) -> list[list[Deadline]]:
    """Equal dates of several lots together; a lot that repeats the whole's date is left out."""
    groups: dict[tuple[DeadlineKind, datetime, bool, bool, str], list[Deadline]] = {}
    for d in deadlines:
        groups.setdefault((d.kind, d.at, d.dated, d.firm, d.origin), []).append(d)
    whole = ([d for d in same if d.lot is None][:1] or same for same in groups.values())
    return sorted(whole, key=lambda same: (DEADLINE_KINDS.index(same[0].kind), same[0].at))


def nearest(record: Record, now: datetime) -> Deadline | None:
    """The next date still ahead by which somebody must act: that to submit by, else another."""
    ahead = [d for d in record.facts.deadlines if d.kind in _AHEAD and d.at > now]
    if len(ahead) < 2:
        return ahead[0] if ahead else None
    closing = [d for d in ahead if d.kind in _CLOSING] or ahead
    return min(closing, key=lambda d: d.at)


def next_of(record: Record, now: datetime, zone: ZoneInfo) -> str:
    """The next date still ahead: "Submission deadline Fri 5 Jun 2026 12:00 BST, in 3 days"."""
    near = nearest(record, now)
    if near is None:
        return ""
    told = dated(near, record, now, zone)
    return f"{told.label} {told.text}"


def read(text: str, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    """An instant as `Change` writes it, and whether it is a date alone: its day's local end."""
    try:
        if len(text) == 10:
            last = datetime.combine(date.fromisoformat(text), time(23, 59, 59), zone)
            return (last, True) if tellable(last) else None
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at, False) if at.tzinfo and tellable(at) else None


def same_time(at: datetime, clock: datetime, zone: ZoneInfo) -> datetime:
    """The local day of `at`, at the local time of day of `clock`."""
    return datetime.combine(at.astimezone(zone).date(), clock.astimezone(zone).time(), zone)


def lot_name(id: str, facts: Facts) -> str:
    """`Lot 3: Formby`; the title where the record knows the lot."""
    number = short(lot_number(id), 60)
    name = number if number.casefold().startswith("lot") else f"Lot {number}"
    title = next((short(lot.title, 100) for lot in facts.lots or () if lot.id == id), "")
    return name if not title or title.casefold() == name.casefold() else f"{name}: {title}"
