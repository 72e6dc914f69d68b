"""The buyer's words beside the fields: what is new in them, and what they leave out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot import when, workdays
from bot.letters import letters
from bot.model import Change, Deadline, DeadlineKind, Notice, Record
from bot.prose import Found, deadlines

UNSAID = "the buyer's text does not mention the new deadline"

# A text that speaks of time without a date ("correction of dates", "Extra Time") does mention it.
_OF_TIME = re.compile(
    r"\b(?:dead ?lines?|closing|clos(?:e|es|ed)|dates?|dated|extend\w*|extensions?|extra time"
    r"|timelines?|time ?(?:scale|table|limit|frame)s?|submissions?|postpon\w+|prolong\w*"
    r"|(?:return|receipt) (?:of|by)|period|clarification|enquir\w+|weeks?|days?)\b",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{0}>jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_DATES = (
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"\b(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})(?:[/.-](?P<y>\d{4}|\d\d)\b)?"),
    re.compile(rf"\b{_DAY.format('d')}\s+(?:of\s+)?{_MONTH.format('n')}(?:,?\s*(?P<y>\d{{4}}))?",
               re.IGNORECASE),
    re.compile(rf"\b{_MONTH.format('n')}\s+{_DAY.format('d')}\b(?:,?\s*(?P<y>\d{{4}}))?",
               re.IGNORECASE),
)  # fmt: skip
_ACT = frozenset({"submission", "participation", "enquiry", "engagement"})
_LONGEST = 20_000  # characters of a text that are looked through


def left_over(before: Record | None, notice: Notice) -> bool:
    """Whether the words stand there unchanged from the update before; they are then not quoted.

    Seen in 2 of 35 updates of Find a Tender: the text stayed while a deadline was cut.
    """
    return bool(
        before and notice.words and before.words and letters(before.words) == letters(notice.words)
    )


def leaves_out(words: str, changes: Iterable[Change]) -> bool:
    """Whether the words say something, and nothing of the deadlines that moved with them."""
    moved = [c for c in changes if c.field in _ACT and c.now and c.origin == "field"]
    if not moved or not words.strip() or _OF_TIME.search(words[:_LONGEST]):
        return False
    named = set(_named(words[:_LONGEST]))
    return not any(
        (day.month, day.day, year) in named
        for change in moved
        for day in _days(str(change.now))
        for year in (None, day.year)
    )


def _days(stated: str) -> set[date]:
    """The day of an instant in UTC, and two hours on: where buyers write, it may be the next."""
    if len(stated) == 10:
        return {date.fromisoformat(stated)}
    at = datetime.fromisoformat(stated)
    return {at.date(), (at + timedelta(hours=2)).date()}


def _named(words: str) -> Iterable[tuple[int, int, int | None]]:
    """Month, day and, where it is written, year of each date in a text."""
    for pattern in _DATES:
        for match in pattern.finditer(words):
            found = match.groupdict()
            named = (found.get("n") or "")[:3].lower()
            month = _MONTHS.index(named) + 1 if named else int(found["m"])
            year = int(found["y"]) if found["y"] else None
            yield month, int(found["d"]), year + 2000 if year is not None and year < 100 else year


def overdue(before: Record | None, notice: Notice) -> str:
    """`expected by 8 January, 77 days late`, of a tender notice that was promised for earlier."""
    if before is None or notice.stage != "tender" or before.stage != "planning":
        return ""
    promised = [d.at for d in before.facts.deadlines if d.kind == "expected-notice"]
    late = (notice.published.date() - max(promised).date()).days if promised else 0
    if late <= 0:
        return ""
    day = max(promised)
    year = "" if day.year == notice.published.year else f" {day.year}"
    return f"expected by {day.day} {day:%B}{year}, {late} day{'s' if late > 1 else ''} late"


# ---------------------------------------------------------------- beside the fields

_NAMES = {
    "submission": "the submission deadline",
    "participation": "the participation deadline",
    "enquiry": "the enquiry deadline",
}
# Of a market engagement only a time is missed: it may have several days.
_TIMED = _NAMES | {"engagement": "the market engagement"}


def apart(before: Record | None, after: Record) -> list[str]:
    """What the notice's own text says of a deadline otherwise than its field, if it did not before.

    Shown, never applied. Times are of the buyer's nation; where that is not known, nothing is said.
    A text that still has the date from which the field was moved is only left behind.
    """
    its = workdays.nation(after)
    if its is None:
        return []
    zone, old = ZoneInfo(its.zone), before.facts.deadlines if before else ()
    held = set(_apart(before, (), zone)) if before else set()
    return [told for told in _apart(after, old, zone) if told not in held]


def _apart(record: Record, old: Sequence[Deadline], zone: ZoneInfo) -> Iterator[str]:
    stated = [d for d in record.facts.deadlines if d.firm and d.origin == "field"]
    if not any(d.kind in _TIMED for d in stated):
        return
    facts, found = record.facts, dict[tuple[DeadlineKind, datetime], Found]()
    for text in filter(None, (facts.description, facts.engagement, facts.submission)):
        for one in deadlines(text, published=record.published, zone=zone, stage=record.stage):
            found.setdefault((one.kind, one.instant), one)
    for kind, name in _TIMED.items():
        said = [one for one in found.values() if one.kind == kind]
        if not any(one.flags for one in said):
            yield from _differs(kind, name, said, stated, old, zone)


def _differs(
    kind: str,
    name: str,
    said: Sequence[Found],
    stated: Sequence[Deadline],
    old: Sequence[Deadline],
    zone: ZoneInfo,
) -> Iterator[str]:
    """Only where both sides have one date, and no other field to act by has that of the text."""
    fields = {d.at: d for d in stated if d.kind == kind}
    if len(fields) != 1:
        return
    (field,) = fields.values()
    day = when.local_date(field.at, zone)
    hours = {o.instant for o in said if not o.dated and when.local_date(o.instant, zone) == day}
    if len(hours) == 1 and _whole_day(field, zone):
        if not _last_minute(at := hours.pop(), zone):
            yield f"the notice's text gives a time for {name}: {when.local(at, zone)}"
        return
    known = [*stated, *(d for d in old if d.kind == kind)]
    if len(said) == 1 and kind in _NAMES and not any(_agree(said[0], d, zone) for d in known):
        text = when.local_end(said[0].instant, zone, dated=said[0].dated)
        yield (
            f"{name} is {when.local_end(field.at, zone, dated=field.dated)} by the portal's field, "
            f"{text} by the notice's text"
        )


def _whole_day(deadline: Deadline, zone: ZoneInfo) -> bool:
    return deadline.dated or _last_minute(deadline.at, zone)


def _last_minute(at: datetime, zone: ZoneInfo) -> bool:
    return f"{at.astimezone(zone):%H:%M}" == "23:59"


def _agree(said: Found, stated: Deadline, zone: ZoneInfo) -> bool:
    if said.dated or _whole_day(stated, zone):
        return when.local_date(said.instant, zone) == when.local_date(stated.at, zone)
    return said.instant == stated.at.replace(second=0, microsecond=0)


def worded(changes: Iterable[Change]) -> Iterator[str]:
    """Of a notice that is told as new: what its words of amendment say otherwise than a field."""
    for change in changes:
        if change.was and change.field in _TIMED:
            yield (
                f"the buyer's words of the amendment give another date for {_TIMED[change.field]}: "
                f"{change.now}, the portal's field has {change.was}"
            )
