"""Working days of a buyer's nation, counted back from an instant. Pure.

Public holidays come from the library `holidays`, which is loaded when the first day is counted: it
takes a second and 40 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import regions
from bot.model import Record

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = timedelta(days=1)
_SATURDAY = 5
_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Nation:
    """Where public holidays are the same: a country of `holidays`, and its part where they vary."""

    country: str
    part: str | None
    zone: str  # of its capital


_LONDON = "Europe/London"
ENGLAND = Nation("GB", "ENG", _LONDON)
WALES = Nation("GB", "WLS", _LONDON)
SCOTLAND = Nation("GB", "SCT", _LONDON)
NORTHERN_IRELAND = Nation("GB", "NIR", _LONDON)

_CAPITALS = {
    "AT": "Vienna", "BE": "Brussels", "BG": "Sofia", "CY": "Nicosia", "CZ": "Prague",
    "DE": "Berlin", "DK": "Copenhagen", "EE": "Tallinn", "ES": "Madrid", "FI": "Helsinki",
    "FR": "Paris", "HR": "Zagreb", "HU": "Budapest", "IE": "Dublin", "IT": "Rome",
    "LT": "Vilnius", "LU": "Luxembourg", "LV": "Riga", "MT": "Malta", "NL": "Amsterdam",
    "PL": "Warsaw", "PT": "Lisbon", "RO": "Bucharest", "SE": "Stockholm", "SI": "Ljubljana",
    "SK": "Bratislava",
}  # fmt: skip
# By node of `bot.regions`.
_NATIONS = {
    "ENG": ENGLAND,
    "UKL": WALES,
    "UKM": SCOTLAND,
    "UKN": NORTHERN_IRELAND,
    "EL": Nation("GR", None, "Europe/Athens"),
} | {code: Nation(code, None, f"Europe/{city}") for code, city in _CAPITALS.items()}
# The portals of the United Kingdom by the prefix of their ocids, for buyers without a place:
# Find a Tender, Contracts Finder, Public Contracts Scotland, Sell2Wales.
_PORTALS = {
    "ocds-h6vhtk-": ENGLAND,
    "ocds-b5fd17-": ENGLAND,
    "ocds-r6ebe6-": SCOTLAND,
    "ocds-kuma6s-": WALES,
}


def nation(record: Record) -> Nation | None:
    """Whose working days a record's buyer keeps: by its place, else the places of performance.

    Where neither names one nation it is that of the portal. A portal for many nations has none,
    but what is in the United Kingdom somewhere counts as England.
    """
    buyers = [regions.place(buyer.place) for buyer in record.facts.buyers or ()]
    places = [regions.place(place) for place in record.facts.places or ()]
    first = next((its for node in buyers if (its := _of(node))), None)
    stated = {its for node in places if (its := _of(node))}
    if first or len(stated) == 1:
        return first or stated.pop()
    for prefix, own in _PORTALS.items():
        if record.id.startswith(prefix):
            return own
    return ENGLAND if "UK" in (*buyers, *places) else None


def _of(node: str | None) -> Nation | None:
    around = regions.ancestors(node) if node else ()
    return next((_NATIONS[one] for one in around if one in _NATIONS), None)


@lru_cache(_REMEMBERED)
def before(at: datetime, days: int, its: Nation | None) -> datetime:
    """The same local time of day, so many working days before `at`; UTC.

    The day of `at` is not counted, whatever it is: one working day before a Sunday, and before a
    Monday, is Friday. Local is the nation's capital. Without a nation every Monday to Friday
    counts, and the time of day is UTC.
    """
    zone = ZoneInfo(its.zone) if its else UTC
    there = at.astimezone(zone)
    day, left = there.date(), days
    while left:
        day -= _DAY
        left -= _works(day, its)
    return datetime.combine(day, there.timetz()).astimezone(UTC)


def _works(day: date, its: Nation | None) -> bool:
    if its is None:
        return day.weekday() < _SATURDAY
    return _calendar(its, day.year).is_working_day(day)


@lru_cache(1_024)
def _calendar(its: Nation, year: int) -> HolidayBase:
    """A year's, complete and never added to: several threads read it."""
    import holidays

    return holidays.country_holidays(its.country, subdiv=its.part, years=year, expand=False)
