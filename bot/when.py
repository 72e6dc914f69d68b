"""Instants, spans and sums as sources and users write them, and how a message words time. Pure.

Words are English whatever the locale. An instant is an aware datetime; what is returned is in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

TYPE_CHECKING = False  # spares the import of zoneinfo
if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Outside of these a year is a placeholder (0001-01-01, 9999-12-31) or a slip (0206), and near the
# ends of datetime's own range a change of zone overflows.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_LONGEST = 64  # characters of a date, span or sum

# The forms of xs:date and xs:dateTime, and what portals make of them: a space or lower-case t, no
# seconds, a fraction of any length, an offset without its colon or its minutes.
_STATED = (
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?"
    r" ?(?:([Zz])|([+-])(\d\d)(?::?([0-5]\d))?)?"
)
_WRITTEN_SPAN = r"(\d+(?:\.\d+)?) ?([a-z]+)"
_WRITTEN_SUM = r"[£€$]? ?(\d+|\d{1,3}(?:,\d{3})+)(\.\d+)? ?(k|m|bn)?"

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_TIMES = {"": 1, "k": 10**3, "m": 10**6, "bn": 10**9}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# ---------------------------------------------------------------- reading


def instant(text: str, zone: ZoneInfo, *, end: bool = True) -> tuple[datetime, bool]:
    """The instant that a source states, in UTC, and whether it stated a date without a time.

    A time without an offset is local in `zone`: of an hour that occurs twice the first, of one that
    the clocks leave out the same time after the change. A date alone is the last second of that day
    (the first with `end=False`), at its own offset if it states one; `Z` or a zero offset behind a
    date says nothing of where the day ends, so it is a day in `zone`. ValueError for all else, and
    for years outside of 1900 to 2999.
    """
    # Most dates have one of two forms, which datetime reads safely; others it misreads
    # (2026-05-01+02:00 becomes two o'clock), so they go the long way.
    length = len(text)
    zulu, offset = length == 20 and text[19] == "Z", length == 25 and text[19] in "+-"
    if (
        (zulu or (offset and text[23] < "6"))
        and text[7] == "-"
        and text[10] == "T"
        and text[13] == ":"
    ):
        try:
            if "1900" <= text[:4] <= "2999":
                return datetime.fromisoformat(text).astimezone(UTC), False
        except ValueError:
            pass  # it may end at 24:00:00
    return _instant(text, zone, end)


def _instant(text: str, zone: ZoneInfo, end: bool) -> tuple[datetime, bool]:
    found = re.fullmatch(_STATED, text.strip(), re.ASCII) if len(text) <= _LONGEST else None
    if not found:
        raise ValueError(f"{text[:_LONGEST]!r} is not a date as in 2026-06-19T12:00:00+01:00")
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"{text[:_LONGEST]!r} has a year outside of {_FIRST_YEAR} to {_LAST_YEAR}")
    dated = found[4] is None
    hour, minute, second = ((23, 59, 59) if end else (0, 0, 0)) if dated else _time(found)
    midnight = (hour, minute, second) == (24, 0, 0)
    try:
        offset = _offset(found)
        own = offset is not None and not (dated and offset.utcoffset(None) == timedelta(0))
        at = datetime(
            *(year, month, day, 0 if midnight else hour, minute, second, _micro(found[7])),
            tzinfo=offset if own else zone,
            # A day whose last hour occurs twice ends with the second.
            fold=int(dated and end),
        )
    except ValueError as fault:
        raise ValueError(f"{text[:_LONGEST]!r} is not a date: {fault}") from None
    return (at + _DAY if midnight else at).astimezone(UTC), dated


def _time(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found[4]), int(found[5]), int(found[6] or 0)


def _micro(fraction: str | None) -> int:
    return int(fraction[:6].ljust(6, "0")) if fraction else 0


def _offset(found: re.Match[str]) -> timezone | None:
    if found[8]:
        return UTC
    if not found[9]:
        return None
    size = timedelta(hours=int(found[10]), minutes=int(found[11] or 0))
    return timezone(-size if found[9] == "-" else size)


def span(text: str) -> timedelta:
    """A length of time: `90s`, `15m` (minutes), `1.5h`, `2d` (of 24 hours), `1w`."""
    found = re.fullmatch(_WRITTEN_SPAN, text.strip().lower(), re.ASCII)
    if not found or len(text) > _LONGEST or found[2] not in _UNITS:
        raise ValueError(
            f"{text[:_LONGEST]!r} is not a span: write a number and a unit,"
            " as in 90s, 15m (minutes), 4h, 2d or 1w"
        )
    try:
        return timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    except OverflowError:
        raise ValueError(f"{text[:_LONGEST]!r} is too long a span") from None


def money(text: str | float) -> float:
    """A sum: `50k`, `1.5m`, `2bn`, `50,000`, `£50k`, or a number; never below zero."""
    shown = repr(text)[:_LONGEST]
    if isinstance(text, str):
        found = re.fullmatch(_WRITTEN_SUM, text.strip().lower(), re.ASCII)
        if not found or len(text) > _LONGEST:
            raise ValueError(
                f"{shown} is not a sum: write a number as in 50000, 50,000, 50k or 1.5m"
            )
        number = float(found[1].replace(",", "") + (found[2] or ""))
        return number * _TIMES[found[3] or ""]
    if isinstance(text, bool) or not 0 <= text < float("inf"):
        raise ValueError(f"{shown} is not a sum: write a number from zero, as in 50000 or 50k")
    try:
        return float(text)
    except OverflowError:
        raise ValueError(f"{shown} is too large a sum") from None


def pause(stated: str, date: str) -> float | None:
    """Seconds, at most a day, of a Retry-After header (RFC 9110 10.2.3), which has those or a date.

    A date is measured against the answer's own `date` header, so that no clock of ours counts.
    None where it says nothing that can be read.
    """
    text = stated.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return min(float(text), _DAY.total_seconds())
    until, now = _header_date(text), _header_date(date)
    if not until or not now:
        return None
    return min(max(until - now, timedelta(0)), _DAY).total_seconds()


def _header_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # rarely wanted, and it would slow every start

    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# ---------------------------------------------------------------- telling


def iso(at: datetime) -> str:
    """`2026-06-19T11:00:00Z`: UTC, with a fraction only where there is one."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def local(at: datetime, zone: ZoneInfo) -> str:
    """`Fri 19 Jun 2026 12:00 BST`."""
    there = at.astimezone(zone)
    name = there.tzname() or ""
    # Zones without an abbreviation of their own are named by their offset alone.
    named = f"UTC{name}" if name[:1] in ("+", "-") else name
    return f"{_date(there)} {there.hour:02}:{there.minute:02} {named}"


def local_date(at: datetime, zone: ZoneInfo) -> str:
    """`Fri 19 Jun 2026`, the local day of an instant."""
    return _date(at.astimezone(zone))


def local_end(at: datetime, zone: ZoneInfo, *, dated: bool = False) -> str:
    """`Fri 19 Jun 2026, end of day` for a date without a time and for 23:59, else as `local`.

    A dated instant at midnight is a first day, and is told as its date.
    """
    there = at.astimezone(zone)
    if dated and (there.hour, there.minute) == (0, 0):
        return _date(there)
    if dated or (there.hour, there.minute) == (23, 59):
        return f"{_date(there)}, end of day"
    return local(at, zone)


def until(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """How far `at` is from `now`: `in 40 minutes`, `today, in 5 hours`, `tomorrow`, `2 days ago`.

    Days are local calendar days; hours and minutes are whole ones that have yet to pass, or passed.
    """
    left = at - now
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    size = abs(left)
    if size < _MINUTE:
        return "in less than a minute" if left > timedelta(0) else "just now"
    if size < _HOUR:
        told = _count(size // _MINUTE, "minute")
    elif days == 0:
        # A reminder of "4h" goes out some seconds late, and still says 4 hours.
        told = _count((size + _MINUTE if left > timedelta(0) else size) // _HOUR, "hour")
    elif abs(days) == 1:
        return "tomorrow" if days > 0 else "yesterday"
    else:
        told = _count(abs(days), "day")
    if left < timedelta(0):
        return f"{told} ago"
    return f"today, in {told}" if size >= _HOUR and days == 0 else f"in {told}"


def moved(was: datetime, now: datetime, zone: ZoneInfo) -> str:
    """How an instant was moved: `+14 days`, `brought forward by 3 days`, `+5 hours`; else nothing.

    From a day upwards it is the clock's and the calendar's difference, so that the same time of day
    two weeks later is 14 days even where the clocks changed in between.
    """
    delta = now - was
    clock = now.astimezone(zone).replace(tzinfo=None) - was.astimezone(zone).replace(tzinfo=None)
    if abs(clock) >= _DAY:
        delta = clock
    if delta < timedelta(0):
        return f"brought forward by {length(-delta)}"
    return f"+{length(delta)}" if delta else ""


def span_words(delta: timedelta) -> str:
    """`+14 days`, `3 days earlier`; `unchanged` for none. A day is 24 hours."""
    if delta < timedelta(0):
        return f"{length(-delta)} earlier"
    return f"+{length(delta)}" if delta else "unchanged"


def length(delta: timedelta) -> str:
    """At most two units: from a day upwards to the hour, below to the minute."""
    if delta < _MINUTE:
        return _count(max(1, round(delta.total_seconds())), "second")
    minutes = round(delta / _MINUTE)
    if minutes < 24 * 60:
        parts = (minutes // 60, "hour"), (minutes % 60, "minute")
    else:
        hours = round(delta / _HOUR)
        parts = (hours // 24, "day"), (hours % 24, "hour")
    return " ".join(_count(number, unit) for number, unit in parts if number)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _date(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
