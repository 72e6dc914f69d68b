"""The days that English prose names, each with the time of day that goes with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from itertools import islice
from zoneinfo import ZoneInfo

from bot import when
from bot.prose.dates import MONTH, TIME, WEEKDAY, any_of, hour, zone_name

# Dates of one text, and what looks like one: the bound of the work on a hostile text.
_MOST, _MOST_HINTS = 200, 1000
_NEAR = 64  # characters from a date within which its time stands
# A year left out is the next one in which the day comes, if that is near.
_SOON = timedelta(days=122)
_ALIKE = 0.75  # of a misspelt month and the right one

# Every way to name a day has one of these in it. It begins with a digit, so that a text without
# figures costs next to nothing.
_TRIGGER = re.compile(
    r"\d(?:\s?(?:st|nd|rd|th))?[\s,./-]{0,3}(?:of\s+(?:the\s+)?)?"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|\d(?:st|nd|rd|th)?,?\s+20\d\d|\d[/.-]\d\d?[/.-]\d\d"
    r"|\d\d\d\d-\d\d-\d|\d \d\d 20\d",
    re.IGNORECASE,
)
_AROUND = 30  # characters before and behind it within which the day is written out
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,7}"
_DAY = re.compile(
    rf"""
    (?:\b(?P<weekday>{any_of(WEEKDAY)})(?![a-z])[.,;]?\s{{0,3}}(?:the\s{{1,2}})?)?
    (?:
      (?<![\d.,/:£-])(?P<d1>[0-3]?\d)\s?(?:st|nd|rd|th)?[\s,./-]{{0,3}}(?:of\s+(?:the\s+)?)?
      (?P<m1>{_MONTHS})\b\.?(?:[\s,./-]{{1,3}}(?P<y1>20\d\d)(?!\d))?
    | \b(?P<m2>{_MONTHS})\s+(?P<d2>[0-3]?\d)(?:st|nd|rd|th)?,?\s+(?P<y2>20\d\d)(?!\d)
    | (?<![\d-])(?P<y3>20\d\d)-(?P<m3>\d\d)-(?P<d3>\d\d)(?![\d-])
    | (?<![\d./-])(?P<d4>\d\d?)(?P<by>[./-])(?P<m4>\d\d?)(?P=by)(?P<y4>20\d\d|\d\d)(?![\d/-]|\.\d)
    | (?<!\d)(?<!\d\ )(?P<d5>[0-3]\d)\ (?P<m5>[01]\d)\ (?P<y5>20\d\d)(?!\d)
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What may stand between a time and the date behind it, and the other way round.
_BEFORE = re.compile(
    r"[\s,;:)–—-]*(?:\(?(?:uk|local|london)(?: time)?\)?)?[\s,;]*(?:\b(?:on|of"
    r"|by)\b)?[\s:]*(?:the\s+)?",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s*20\d\d(?=\s+at)|T(?=\d\d:))?[\s,;:.(|–—-]*(?:\b(?:at|by|from|before|between|until"
    r"|no later than"
    r"|commencing|starting|beginning|and|time|deadline)\b[\s:.–—-]*){0,3}(?:the\s+)?",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"[\s(/,)]*(?:(?:i\.e\.|or)\s*)?\(?", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:[-–—]|to|until|till|and)\s*", re.IGNORECASE)
# Another day just before: "24th and 25th August", "10th – 12th August".
_LISTED = re.compile(
    r"(?<![\d:.])[0-3]?\d(?:st|nd|rd|th)?\s*(?:and|&|or|to|until|[-–—/])\s*(?:the\s+)?\Z", re.I
)
# "0900" without a mark: only the hours of a working day, which cannot be taken for a year.
_PLAIN = r"(?<![\w£.,/])(?P<h>0[6-9]|1[0-8])(?P<m>[0-5]\d)(?![\w:.,/]*\d)"
_PLAIN_BEFORE = re.compile(rf"{_PLAIN}(?:\s+on)?\s+(?:the\s+)?\Z", re.IGNORECASE)
_PLAIN_AFTER = re.compile(rf"[\s,]{{1,3}}(?:at\s+)?{_PLAIN}", re.IGNORECASE)
_NUMBERS_AFTER = re.compile(r"\s*[%)]?(?:\s*(?:million|m|k|bn|per cent|GBP)\b|%)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day in a text, with its time where one is stated."""

    start: int  # where the day or the time before it begins
    at: int  # where the day itself begins
    end: int
    day: date | None  # None: it is named, but cannot be read for certain
    clock: str | None  # "12:00"
    zone: str  # "BST", as the text names it
    doubts: tuple[str, ...]  # "weekday": it is another one that day; "time": one cannot be read
    alone: bool  # False: the last of a list or of a span of days

    def instant(self, zone: ZoneInfo) -> tuple[datetime, bool]:
        """In UTC, and whether no time was stated; ValueError where there is no day."""
        return when.instant(f"{self.day}T{self.clock}" if self.clock else f"{self.day}", zone)


def moments(text: str, published: date) -> Iterator[Moment]:
    """Every day that a text names, in its order; one without a year is the next after `published`.

    Figures are read with the day first, as all notices of the United Kingdom write them.
    """
    dates = list(islice(_named(text), _MOST))
    for number, found in enumerate(dates):
        floor = dates[number - 1].end() if number else 0
        ceiling = dates[number + 1].start() if number + 1 < len(dates) else len(text)
        yield _moment(text, found, floor, ceiling, published)


def any_day(text: str) -> bool:
    """Whether a text may name a day at all: told at a glance."""
    return bool(_TRIGGER.search(text))


def _named(text: str) -> Iterator[re.Match[str]]:
    place = 0
    for hint in islice(_TRIGGER.finditer(text), _MOST_HINTS):
        start = max(place, hint.start() - _AROUND)
        if hint.end() > place and (found := _DAY.search(text, start, hint.end() + _AROUND)):
            yield found
            place = found.end()


def _moment(text: str, found: re.Match[str], floor: int, ceiling: int, published: date) -> Moment:
    head = text[max(floor, found.start() - _NEAR) : found.start()]
    tail = text[found.end() : min(ceiling, found.end() + _NEAR)]
    early, begins = _times_before(head)
    late, ends = _times_after(tail)
    day, doubts = _day(found, tail, published)
    times = early or late
    # Two times that differ are a span: its beginning counts, if it is one.
    if early and late and early[0][0] != late[0][0]:
        doubts = (*doubts, "time")
    clock, named = times[0] if times else (None, "")
    if not times and (_stray(tail[:14]) or _stray(head[-14:])):
        doubts = (*doubts, "time")
    if any(time is None for time, _ in times):
        doubts = (*doubts, "time")
    return Moment(
        start=found.start() - (len(head) - begins if early else 0),
        at=found.start(),
        end=found.end() + (ends if not early or late else 0),
        day=day,
        clock=clock,
        zone=named,
        doubts=doubts,
        alone=not _LISTED.search(head[-16:]),
    )


Time = tuple[str | None, str]  # "12:00", None where it cannot be told; the zone that it names


def _times_before(head: str) -> tuple[list[Time], int]:
    """The times that stand directly before a date, and where they begin in `head`."""
    found = [one for one in TIME.finditer(head) if _is_time(one, head)]
    times: list[Time] = []
    begins = len(head)
    for time in reversed(found):
        gap = head[time.end() : begins]
        pattern = _AGAIN if times else _BEFORE
        if not pattern.fullmatch(gap):
            if times and _RANGE.fullmatch(gap):
                return [(hour(time), _zone(time)), *times], time.start()
            break
        if times and times[0][0] != hour(time):
            return [(None, "")], time.start()
        zone = _zone(time) or (times[0][1] if times else "")
        times.insert(0, (hour(time), zone))
        begins = time.start()
    if not times and (plain := _PLAIN_BEFORE.search(head)):
        return [(f"{plain['h']}:{plain['m']}", "")], plain.start()
    return times[:1], begins


def _times_after(tail: str) -> tuple[list[Time], int]:
    """The times that stand directly behind a date, and where they end in `tail`."""
    if plain := _PLAIN_AFTER.match(tail):
        hours = TIME.match(tail, plain.start("h"))
        if not hours or hour(hours) is None:
            return [(f"{plain['h']}:{plain['m']}", "")], plain.end()
    joint = _AFTER.match(tail)
    place = joint.end() if joint else 0
    times: list[Time] = []
    end = 0
    while (time := TIME.match(tail, place)) and _is_time(time, tail):
        if times and times[0][0] != hour(time):
            if not _RANGE.fullmatch(tail[end : time.start()]):
                return [(None, "")], time.end()
            return times[:1], time.end()
        times.append((hour(time), _zone(time)))
        end = time.end()
        next_one = _RANGE.match(tail, end) or _AGAIN.match(tail, end)
        place = next_one.end() if next_one else end
    return times[:1], end


def _zone(found: re.Match[str]) -> str:
    """The zone or the offset that a time is stated in, if it is in any."""
    return found["offset"] or zone_name(found)


def _is_time(found: re.Match[str], text: str) -> bool:
    """Whether it is a time at all: no bare number, no part of a word, a sum or a number."""
    before = text[found.start() - 1] if found.start() else " "
    if (
        (before.isalnum() and before != "T")
        or before in "£€$.,/:"
        or _NUMBERS_AFTER.match(text, found.end())
    ):
        return False
    return hour(found) is not None or found["half"] is not None


def _stray(near: str) -> bool:
    """Whether a time stands there that was not understood."""
    if "midnight" in near.lower():
        return True
    return any(_is_time(one, near) for one in TIME.finditer(near))


def _day(found: re.Match[str], tail: str, published: date) -> tuple[date | None, tuple[str, ...]]:
    part = found.groupdict()
    form = next(n for n in "12345" if part[f"d{n}"])
    number, written, year = int(part[f"d{form}"]), part[f"m{form}"], part[f"y{form}"]
    month = int(written) if written.isdigit() else _month(written, year)
    if not month or (len(year or "") == 2 and part["by"] == "."):
        return None, ()
    if year is None and _two_figures(tail):
        return None, ()  # "3rd July 26"
    try:
        day = _year_found(month, number, published) if year is None else None
        day = day or (date(_full(year), month, number) if year else None)
    except ValueError:
        return None, ()
    if day is None:
        return None, ()
    weekday = part["weekday"]
    if weekday and WEEKDAY[weekday.lower()] != day.weekday():
        return day, ("weekday",)
    return day, ()


def _full(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


def _month(written: str, year: str | None) -> int | None:
    """A month by its name; a misspelt one only beside its year, "may" without it only as May."""
    name = written.lower()
    if year is None and written == "may":
        return None
    if name in MONTH:
        return MONTH[name]
    if year is None or len(name) < 5:
        return None
    whole = [month for month in MONTH if len(month) > 3 and month[:3] == name[:3]]
    near = [m for m in whole if SequenceMatcher(None, m, name).ratio() >= _ALIKE]
    return MONTH[near[0]] if near else None


def _year_found(month: int, number: int, published: date) -> date | None:
    for year in (published.year, published.year + 1):
        day = date(year, month, number)
        if published <= day <= published + _SOON:
            return day
    return None


def _two_figures(tail: str) -> bool:
    figures = re.match(
        r"[\s,'’/.-]{1,3}(\d\d)(?![\d:]|\.\d|\s*(?:am|pm|noon|midday|h))", tail, re.I
    )
    return bool(figures)
