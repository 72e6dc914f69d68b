"""Where a message leads: the notice, where to bid, a calendar. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from bot.contract import Link
from bot.filters import link, short
from bot.model import Deadline, Record
from bot.render import dates

NOTICE, PORTAL, CALENDAR = "Open notice", "Submission portal", "Add to calendar"
_GOOGLE = "https://calendar.google.com/calendar/render?"
_TITLE = 120
# How long an entry is that ends with a deadline.
_ENTRY = timedelta(minutes=30)


def links(record: Record, now: datetime, zone: ZoneInfo) -> tuple[Link, ...]:
    """The buttons of a message about a record at `now` (UTC)."""
    facts = record.facts
    notice, portal = link(facts.url), link((facts.submission or "").strip())
    found = [Link(NOTICE, notice)] if notice else []
    if portal and portal != notice and record.status == "open":
        found.append(Link(PORTAL, portal))
    deadline = _next(record, now)
    if deadline:
        found.append(Link(CALENDAR, _entry(deadline, record, zone, notice)))
    return tuple(found)


def _next(record: Record, now: datetime) -> Deadline | None:
    """The next date by which a supplier must act, where it still stands."""
    if record.status not in ("open", "planned"):
        return None
    closed = {lot.id for lot in record.facts.lots or () if lot.closed}
    ahead = (
        d
        for d in record.facts.deadlines
        if d.kind in dates.ACT and now < d.at and dates.tellable(d.at) and d.lot not in closed
    )
    return min(ahead, key=lambda d: d.at, default=None)


def _entry(deadline: Deadline, record: Record, zone: ZoneInfo, notice: str) -> str:
    """Google Calendar's template of an entry; a date without a time is a whole day."""
    if deadline.dated:
        day = deadline.at.astimezone(zone).date()
        when = f"{day:%Y%m%d}/{day + timedelta(days=1):%Y%m%d}"
    else:
        start, end = (at.astimezone(UTC) for at in (deadline.at - _ENTRY, deadline.at))
        when = f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}"
    title = short(record.facts.title, _TITLE) or f"Notice {short(record.notice, 80)}"
    asked = {
        "action": "TEMPLATE",
        "text": f"{dates.LABELS[deadline.kind]}: {title}",
        "dates": when,
        "details": notice,
    }
    return _GOOGLE + urlencode({name: value for name, value in asked.items() if value})
