"""Calendar entries as iCalendar writes them (RFC 5545), for files and for feeds. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.calendar.entries import Entry, day
from bot.filters import link, short
from bot.model import Deadline, Record

if TYPE_CHECKING:
    from icalendar import Alarm, Calendar

# How often a program should look at a feed again: a moved deadline is news.
AGAIN_HOURS = 1

_PRODUCT = "-//Tenderbell//Tenderbell//EN"
# RFC 5546, 3.2.1 wants one; no program shall write to anybody about a deadline.
_NOBODY = "invalid:nomail"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Of a day without a time: at nine in the morning, the day before and that day.
_ALARMS, _ALARMS_OF_DAY = (-_DAY, -_HOUR), (-15 * _HOUR, 9 * _HOUR)


def file(held: Iterable[Entry], method: str, now: datetime, zone: ZoneInfo) -> bytes:
    """A file that puts entries into a calendar (PUBLISH) or takes them out of it (CANCEL)."""
    calendar = _calendar()
    calendar.add("method", method)
    return _whole(calendar, (_event(one, now, zone, alarms=not one.off) for one in held))


def feed_of(name: str, blocks: Iterable[bytes]) -> bytes:
    """The feed of that name, of entries that `block` wrote."""
    calendar = _calendar()
    told = _literal(short(name, 100)) or "Tenders"
    calendar.add("name", told)  # RFC 7986; the programs of today read the older name as well
    calendar.add("x-wr-calname", told)
    again = timedelta(hours=AGAIN_HOURS)
    calendar.add("refresh-interval", again, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{AGAIN_HOURS}H")
    return _whole(calendar, blocks)


def block(entry: Entry, zone: ZoneInfo) -> bytes:
    """The entry of a feed: without alarms, for a feed may have hundreds."""
    return _event(entry, entry.record.published, zone)


def sequence(record: Record) -> int:
    """How often an entry was written anew: it rises with every notice that was folded.

    A program ignores what has a lower number than it knows (RFC 5546, 2.1.4). The count of notices
    alone would fall back when the database is made anew; the time of the last notice does not, and
    does not rise with two notices of one minute: so it is both.
    """
    minutes = (record.published - _EPOCH) // _MINUTE
    return max(0, minutes) + record.revision


def _calendar() -> Calendar:
    # Not above: it takes a fifth of a second, and most commands write no calendar.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _whole(calendar: Calendar, blocks: Iterable[bytes]) -> bytes:
    head, end, tail = calendar.to_ical().partition(b"END:VCALENDAR")
    return b"".join((head, *blocks, end, tail))


def _event(entry: Entry, stamp: datetime, zone: ZoneInfo, *, alarms: bool = False) -> bytes:
    from icalendar import Event

    held, record = entry.deadline, entry.record
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", sequence(record))
    event.add("dtstamp", _second(stamp))
    event.add("dtstart", _start(held, zone))
    event.add("summary", _literal(entry.summary))
    event.add("description", _literal(entry.description))
    event.add("status", "CANCELLED" if entry.off else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("organizer", _NOBODY, parameters={"CN": "Tenderbell"})
    if url := link(record.facts.url):
        event.add("url", url)
    for before in (_ALARMS_OF_DAY if held.dated else _ALARMS) if alarms else ():
        event.add_component(_alarm(_literal(entry.summary), before))
    return bytes(event.to_ical())


def _literal(text: str) -> str:
    r"""The library takes a buyer's own `\N`, as in \\server\NHS, for the end of a line."""
    return text.replace("\\N", "\\ N")


def _alarm(text: str, before: timedelta) -> Alarm:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", before)
    return alarm


def _start(held: Deadline, zone: ZoneInfo) -> date | datetime:
    """UTC; a whole day where no time was stated."""
    return day(held, zone) if held.dated else _second(held.at)


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
