"""How a procurement stands now, in a few words, and when that will change by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.filters import short
from bot.model import Deadline, Record
from bot.render import dates

_CLOSING = frozenset({"submission", "participation"})
_SUPPLIERS, _NAME = 2, 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class State:
    """A record as it stands now, and how often it was amended."""

    record: Record
    amended: int = 0


def status(state: State, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """`Open, amended 3 times`, and what it comes to in one word: open, soon, closed, …

    `now` is UTC; days are those of `zone`.
    """
    record = state.record
    if record.status == "cancelled":
        return "Cancelled", "cancelled"
    if record.status == "awarded":
        return _awarded(record), "awarded"
    if record.status == "ended":
        return "Ended", "closed"
    if record.status == "planned":
        return f"Planned{_often(state.amended)}", "planned"
    words, mark = _open(record, now, zone)
    return f"{words}{_often(state.amended)}", mark


def _open(record: Record, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    ends = [d.at for d in _closing(record)]
    ahead = [at for at in ends if at > now]
    if not ahead:
        return ("Closed", "closed") if ends else ("Open", "open")
    near = _near(min(ahead), now, zone)
    if not near:
        return "Open", "open"
    # Of several dates, as lots have them, the first does not close it.
    if _near(max(ahead), now, zone) == near:
        return f"Closes {near}", "soon"
    return f"Open, first date {near}", "soon"


def _near(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    if not dates.tellable(at):
        return ""
    days = (_day(at, zone) - _day(now, zone)).days
    return {0: "today", 1: "tomorrow"}.get(days, "")


def _closing(record: Record) -> list[Deadline]:
    """The dates by which one must bid, or ask to; not those of a lot that is closed."""
    closed = {lot.id for lot in record.facts.lots or () if lot.closed}
    return [d for d in record.facts.deadlines if d.kind in _CLOSING and d.lot not in closed]


def _often(amended: int) -> str:
    if not amended:
        return ""
    return ", amended " + {1: "once", 2: "twice"}.get(amended, f"{amended} times")


def _awarded(record: Record) -> str:
    named = (short(name, _NAME) for a in record.facts.awards for name in a.suppliers)
    suppliers = list(dict.fromkeys(filter(None, named)))
    if not suppliers:
        return "Awarded"
    told, left = suppliers[:_SUPPLIERS], len(suppliers) - _SUPPLIERS
    more = f" and {left} more" if left > 0 else ""
    return f"Awarded to {' and '.join(told) if not more else ', '.join(told)}{more}"


def turns(record: Record, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When, after `now`, what is shown of a record changes by time alone; UTC, None for never."""
    return min((at for at in _moments(record, zone) if at > now), default=None)


def _moments(record: Record, zone: ZoneInfo) -> Iterable[datetime]:
    """Each deadline; before one that closes it, the beginnings of its day and of the one before."""
    for deadline in record.facts.deadlines:
        yield deadline.at
    if record.status == "open":
        for deadline in filter(lambda d: dates.tellable(d.at), _closing(record)):
            day = _day(deadline.at, zone)
            for first in (day - _DAY, day):
                yield datetime.combine(first, time(), zone)


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
