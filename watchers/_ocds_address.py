"""How a config describes a publisher: its address, bounds of time, ways into its JSON. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = frozenset({"from", "to", "page"})
_HOUR = timedelta(hours=1)
# From the smallest: the first that a format shows is its unit. Months and years at their longest.
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": _HOUR,
    "day": timedelta(days=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}
_KEPT = {"second": 6, "minute": 5, "hour": 4, "day": 3, "month": 2, "year": 1}


def places(url: str) -> set[str]:
    """The names in braces of a template."""
    return set(_PLACE.findall(url))


def names(way: str) -> tuple[str, ...]:
    """`/links/next` (a JSON pointer, RFC 6901) and `records[].compiledRelease` as names.

    An array on the way stands for each of its entries, so brackets are for the reader; `[]` alone
    is the body itself.
    """
    if way.startswith("/"):
        return tuple(name.replace("~1", "/").replace("~0", "~") for name in way[1:].split("/"))
    return tuple(name.removesuffix("[]") for name in way.split(".")) if way != "[]" else ()


def outer(begin: datetime, end: datetime, format: str) -> tuple[str, str]:
    """The bounds as the publisher is asked for them, moved out to whole units of the format.

    Local times of the hour that autumn repeats mean two instants: they are moved out of it.
    """
    unit = _unit(format)
    if unit in ("hour", "minute", "second") and "%z" not in format:
        begin, end = begin - _doubt(begin), end + _doubt(end)
    upper = _floor(end, unit)
    if upper != end:
        upper = _floor(upper + _UNITS[unit], unit)
    return _floor(begin, unit).strftime(format), upper.strftime(format)


def _unit(format: str) -> str:
    """The smallest unit of time that a format shows. ValueError where it shows none."""
    start = datetime(2001, 1, 1, tzinfo=UTC)
    shown = start.strftime(format)
    for unit, step in _UNITS.items():
        if (start + step).strftime(format) != shown:
            return unit
    raise ValueError("shows no date: write it as in %Y-%m-%d")


def _floor(at: datetime, unit: str) -> datetime:
    kept = at.timetuple()[: _KEPT[unit]]
    year, month, day, hour, minute, second = (*kept, *(1, 1, 1, 0, 0, 0)[len(kept) :])
    return datetime(year, month, day, hour, minute, second, tzinfo=at.tzinfo, fold=at.fold)


def _doubt(at: datetime) -> timedelta:
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return _HOUR if twice else timedelta()


# ---------------------------------------------------------------- options


def _template(url: str) -> str:
    unknown = places(url) - _PLACES
    if unknown or re.search(r"[{}]", _PLACE.sub("", url)):
        raise ValueError("in braces are {from}, {to} and {page} alone")
    if url.count("{page}") > 1:
        raise ValueError("{page} stands once")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("an address without blanks, other characters as %20 and the like")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
        raise ValueError("an address as in https://example.org/releases?from={from}&to={to}")
    if parts.username or parts.fragment:
        raise ValueError("an address without a user and without #")
    return url


def _format(format: str) -> str:
    _unit(format)
    return format


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name[:60]!r}") from None
    return name


def _pointer(way: str) -> str:
    if not re.fullmatch(r"(/[^/]+)+", way):
        raise ValueError("a JSON pointer as in /links/next")
    return way


def _way(way: str) -> str:
    if way != "[]" and not re.fullmatch(r"(/[^/]+)+|[^/.\[\]]+(\[\])?(\.[^/.\[\]]+(\[\])?)*", way):
        raise ValueError("a way as in records[].compiledRelease, /payload/content, or []")
    return way


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError("three letters of ISO 4217, as in EUR")
    return code


def _language(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code):
        raise ValueError("a language of BCP 47, as in en")
    return code


Template = Annotated[str, AfterValidator(_template)]
Format = Annotated[str, AfterValidator(_format)]
Zone = Annotated[str, AfterValidator(_zone)]
Pointer = Annotated[str, AfterValidator(_pointer)]
Way = Annotated[str, AfterValidator(_way)]
Currency = Annotated[str, AfterValidator(_currency)]
Language = Annotated[str, AfterValidator(_language)]
