"""Deadlines that stand in the English prose of a notice, where nothing else can be meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import DeadlineKind, Stage
from bot.prose.clauses import meaning
from bot.prose.moments import Moment, any_day, moments
from bot.prose.sentences import REACH, begin_of, end_of, shown

_LONGEST = 50_000  # characters of a text; what lies behind is not read
# What lies further ahead is a slip of the year, or a date of the contract.
_FAR, _FAR_TENDER = timedelta(days=184), timedelta(days=366)

# The line breaks and tabs of a text come as the letters "rn" and "t" where a portal lost their
# backslashes: "2pmrn", "10-05-19rn", "rnrnThursday". The stand-ins are as long.
_BROKEN = re.compile(r"rn(?:rn)*(?=[A-Z\s]|\Z)")
_UNBROKEN = re.compile(r"(?:[^\W\d_]|-)\Z")  # what a word with "rn" at its end has before it
_CLOCKED = re.compile(r"\d[ap]m\Z")
_TAB = re.compile(r"t(?<=[\s:]t)(?=\d)")

_JOINED = re.compile(
    r"\s*(?:\b(?:to|until|till|and|or)\b|[-–—,&/])\s*(?:read\s+)?(?:the\s+)?", re.I
)
_MOVED = re.compile(
    r"\b(?:extended|moved|changed|revised|amended|postponed|delayed|rescheduled|brought\s+forward)"
    r"\s+from[\s:]*(?:the\s+)?\Z",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:to|until)\b", re.IGNORECASE)
# A corrigendum names the place first, then "Instead of: …", then "Read New: …".
_READ = re.compile(r"\bread(?:\s+new)?\s*:?\s*\Z", re.IGNORECASE)
_PLACE = re.compile(r"\bto\s+be\s+(?:modified|corrected|amended):\s*([^\n]{1,120})", re.IGNORECASE)
_CORRIGENDUM = 400


@dataclass(frozen=True, slots=True)
class Found:
    """A deadline that a text states, with what is doubtful about it."""

    kind: DeadlineKind
    instant: datetime  # UTC
    dated: bool  # no time is stated: the end of that local day
    sentence: str  # where it stands, on one line and cut to a length for people
    offset: int  # in the text, of the date
    # "weekday": it is another day of the week; "zone": the named zone is not in force then; "time":
    # a time is near that cannot be read; "far": too far ahead; "differs": the text states
    # another one of the same kind. One with a flag is for people to look at, not to be relied on.
    flags: tuple[str, ...] = ()


def deadlines(text: str, *, published: datetime, zone: ZoneInfo, stage: Stage) -> tuple[Found, ...]:
    """The deadlines of a notice's text, in its order, each once.

    `published` (UTC) is the notice's own instant, so that a text reads the same on any day; what is
    not after it is history. Times are those of `zone`. Notices of an award or contract state none.
    """
    text = text[:_LONGEST]
    if stage not in ("planning", "tender") or not any_day(text):
        return ()
    found: dict[tuple[DeadlineKind, datetime], Found] = {}
    for one in _stated(_whole(text), published, zone, stage):
        key = (one.kind, one.instant)
        if key not in found or (found[key].flags and not one.flags):
            found[key] = one
    return tuple(_agreed(list(found.values()), zone))


def _whole(text: str) -> str:
    """A text with its lost line breaks put back, every character in its place."""
    return _TAB.sub("\t", _BROKEN.sub(_mended, text))


def _mended(broken: re.Match[str]) -> str:
    before = broken.string[max(0, broken.start() - 3) : broken.start()]
    if _UNBROKEN.search(before) and not _CLOCKED.search(before):
        return broken[0]
    return "\n" * len(broken[0])


def _stated(text: str, published: datetime, zone: ZoneInfo, stage: Stage) -> Iterator[Found]:
    first = published.astimezone(zone).date()
    every = [*moments(text, first)]
    for number, one in enumerate(every):
        after = every[number + 1] if number + 1 < len(every) else None
        if one.day is None or one.day < first or not one.alone:
            continue
        if after and _JOINED.fullmatch(text, one.end, after.start):
            continue  # the first of a list or of a span of days, or the old half of a change
        begin, end = begin_of(text, one.start), end_of(text, one.end)
        lead = _lead(text, begin, every[:number][-1:], one)
        kind = meaning(lead, text[one.end : end], stage, text[max(0, begin - REACH) : begin])
        if kind and (stated := _found(text, kind, one, published, zone)):
            yield stated


def _lead(text: str, begin: int, earlier: list[Moment], one: Moment) -> str:
    """The words of a sentence that lead up to a date, behind the date before it."""
    lead = text[begin : one.start]
    if earlier and earlier[0].end > begin:
        lead = text[earlier[0].end : one.start]
        if _JOINED.fullmatch(lead):
            # The last of a list or of a span of days, or the new half of a change.
            said = text[begin_of(text, earlier[0].start) : earlier[0].start]
            moved = _MOVED.search(said) if _TO.match(lead) else None
            return f"{said[: moved.start()]} extended to " if moved else ""
    return _place(text, one.start) if _READ.search(lead) else lead


def _place(text: str, place: int) -> str:
    """What a corrigendum changes, by the line above its two dates."""
    places = _PLACE.findall(text[max(0, place - _CORRIGENDUM) : place])
    return f"{places[-1].strip()}: " if places else ""


def _found(
    text: str,
    kind: DeadlineKind,
    one: Moment,
    published: datetime,
    zone: ZoneInfo,
) -> Found | None:
    try:
        at, dated = one.instant(zone)
    except ValueError:
        return None
    if at <= published:
        return None
    flags = list(one.doubts)
    if one.zone and one.zone != at.astimezone(zone).tzname():
        flags.append("zone")
    far = _FAR_TENDER if kind in ("submission", "participation") else _FAR
    if at - published > far:
        flags.append("far")
    return Found(kind, at, dated, shown(text, one.start, one.end), one.at, tuple(flags))


def _agreed(found: list[Found], zone: ZoneInfo) -> Iterator[Found]:
    """Without the days whose time is stated elsewhere; several of one kind differ, if none may."""
    for one in found:
        day = one.instant.astimezone(zone).date()
        same = [other for other in found if other.kind == one.kind and not other.flags]
        timed = [o for o in same if not o.dated and o.instant.astimezone(zone).date() == day]
        if one.dated and timed:
            continue
        days = {other.instant.astimezone(zone).date() for other in same}
        alone = len(days) <= 1 and len({o.instant for o in timed}) <= 1
        # A market may be engaged on several days.
        if not one.flags and not alone and one.kind != "engagement":
            one = replace(one, flags=("differs",))
        yield one
