"""Dates that the buyer's explanation of an amendment states and no field shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot import workdays
from bot.changes.wording import stated
from bot.model import Change, Deadline, DeadlineKind, Notice, Record
from bot.prose import deadlines
from bot.prose.moments import any_day, moments
from bot.prose.sentences import begin_of

_LONGEST = 20_000  # characters of an explanation; what lies behind is not read
_ACT = frozenset({"submission", "participation", "enquiry", "engagement"})
# Dates that only a contract or an award has; `bot.prose` reads what suppliers must act by.
_NAMED: dict[DeadlineKind, str] = {
    "contract-start": r"contract\s+start(?:\s+date)?",
    # "Extended contract end date" is that of the extension.
    "contract-end": r"(?<!extended\s)contract\s+end(?:\s+date)?",
    "standstill": r"stand-?\s?still(?:\s+period)?",
}
# "should read as", "updated from: 1st May 2026 to", "(now expires": the new date follows at once.
_NOW = (
    r"[\s(:,–-]+(?:(?:will|has|have|is|was|should|now|be|been)\s+)*"
    r"(?:read(?:\s+as)?|be|expires?|ends?"
    r"|(?:extended|amended|changed|moved|updated|corrected|revised|postponed|delayed)"
    r"(?:\s+from:?\s+[^.;\n]{1,40}?)?\s+(?:to|until))"
    r":?\s+(?:(?:on|at|until)\s+)?(?:the\s+end\s+of\s+)?(?:the\s+)?\Z"
)
_CUES = {kind: re.compile(rf"\b{name}{_NOW}", re.I) for kind, name in _NAMED.items()}


def spoken(after: Record, notice: Notice, found: Iterable[Change]) -> tuple[Change, ...]:
    """A change for each date that the words of an amendment state for certain.

    What a field shows by now, or what `found` tells of already, is not told again. The record keeps
    its own dates, and reminders count down to them: a field moves them, a sentence only says so.
    Times are of the buyer's nation; where that is not known, nothing is read.
    """
    its, text = workdays.nation(after), notice.words[:_LONGEST]
    if its is None or not any_day(text):
        return ()
    known = {change.field for change in found}
    said = [d for d in _stated(text, notice, ZoneInfo(its.zone)) if d.kind not in known]
    told = [d for d in said if not _shown(d, after, ZoneInfo(its.zone))]
    alone = [d for d in told if sum(other.kind == d.kind for other in told) == 1]
    return tuple(Change(d.kind, _was(d, after), stated(d), None, "words") for d in alone)


def _stated(text: str, notice: Notice, zone: ZoneInfo) -> Iterator[Deadline]:
    for one in deadlines(text, published=notice.published, zone=zone, stage=notice.stage):
        if not one.flags:
            yield Deadline(one.kind, one.instant, one.dated, origin="words")
    for day in moments(text, notice.published.astimezone(zone).date()):
        lead = text[begin_of(text, day.start) : day.start]
        kind = next((kind for kind, cue in _CUES.items() if cue.search(lead)), None)
        if kind and day.day and day.alone and not day.doubts and not day.zone:
            yield Deadline(kind, *day.instant(zone), origin="words")


def _shown(said: Deadline, record: Record, zone: ZoneInfo) -> bool:
    """Whether a field of the record shows the date, under this name or another to act by.

    Portals keep a date without a time as one end of that day or the other.
    """
    kinds = _ACT if said.kind in _ACT else {said.kind}
    return any(
        held.kind in kinds
        and (
            abs(held.at - said.at) < timedelta(minutes=1)
            or (
                (held.dated or said.dated)
                and abs(held.at.astimezone(zone).date() - said.at.astimezone(zone).date())
                <= timedelta(days=held.dated and held.kind not in _ACT)
            )
        )
        for held in record.facts.deadlines
    )


def _was(said: Deadline, record: Record) -> str | None:
    """What the field shows, where there is just one."""
    held = {stated(d) for d in record.facts.deadlines if d.kind == said.kind}
    return held.pop() if len(held) == 1 else None
