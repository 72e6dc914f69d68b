"""The buyer's words beside the fields: what is new in them, and what they leave out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from bot.letters import letters
from bot.model import Change, Notice, Record

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
