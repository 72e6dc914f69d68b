"""What all readings of a TED notice share: its names, languages, dates and procedures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import regions, when
from bot.model import Deadline, DeadlineKind, Scope, Status, Value
from watchers._take import number
from watchers._ted_codes import LANGUAGES, NO_TENDER, REASONS, ZONES

HOME = "https://ted.europa.eu"
BRUSSELS = ZoneInfo("Europe/Brussels")
# The Official Journal states a day; its Supplement appears at 9:00 Brussels time.
_APPEARS = timedelta(hours=9)

_NUMBER = re.compile(r"0*(\d{1,8})-(\d{4})")
_JOURNAL = re.compile(r"(\d{4})/S\s*\d{1,3}\s*-\s*0*(\d{1,8})")
_UUID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-\d{2})?", re.IGNORECASE)
_OFFSET = r"(Z|[+-]\d\d:\d\d)?"
_DAY = re.compile(rf"(\d{{4}}-\d\d-\d\d)(?:T[\d:.]*)?{_OFFSET}")
_TIME = re.compile(rf"(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?{_OFFSET}")


def language(written: str) -> str:
    """`eng` for `en`, `EN`, `ENG`; ValueError for what is no language of TED."""
    found = code(written)
    if found not in LANGUAGES.values():
        raise ValueError(f"{written[:20]!r} is no language of TED: write a code as in en, fr or de")
    return found


def code(written: str) -> str:
    """The code of three letters for a language as a notice names it; an unknown one as it is."""
    plain = written.strip().lower()
    return LANGUAGES.get(plain, plain)


def chosen(said: Mapping[str, str], wanted: Iterable[str], own: str = "") -> str:
    """Of texts by language (three letters) a wanted one, else the notice's own, else any."""
    for code in (*wanted, own):
        if found := said.get(code):
            return found
    return next((found for found in said.values() if found), "")


# ---------------------------------------------------------------- names


def publication(written: str) -> str:
    """A publication number without leading zeros, `605902-2020`; nothing for all else.

    The journal's own form, `2020/S 244-605902`, is understood as well.
    """
    written = written.strip()
    if found := _NUMBER.fullmatch(written):
        return f"{found[1]}-{found[2]}"
    if found := _JOURNAL.fullmatch(written):
        return f"{found[2]}-{found[1]}"
    return ""


def uuid(written: str) -> str:
    """A notice's or procedure's UUID without a version behind it; nothing for all else."""
    found = _UUID.fullmatch(written.strip())
    return found[1].lower() if found else ""


def link(written: str) -> str:
    """Another notice as a notice's links name it: `ted:605902-2020` or a UUID; else nothing."""
    found = publication(written)
    return f"ted:{found}" if found else uuid(written)


def page(number: str, languages: tuple[str, ...]) -> str | None:
    """The notice's page for people, in the first of the wanted languages (three letters)."""
    if not number:
        return None
    short = {long: code for code, long in LANGUAGES.items()}
    return f"{HOME}/{short.get(languages[0], 'en') if languages else 'en'}/notice/-/detail/{number}"


# ---------------------------------------------------------------- dates and figures


def zone(country: str) -> ZoneInfo:
    """The local time of a country (a code of two or three letters); Brussels where unknown."""
    name = ZONES.get(regions.place(country) or "")
    return ZoneInfo(name) if name else BRUSSELS


def published(written: str) -> datetime:
    """When the journal of a day (`2026-05-29+02:00`, `20260529`) appeared, UTC; ValueError."""
    if len(written) == 8 and written.isdigit():
        written = f"{written[:4]}-{written[4:6]}-{written[6:]}"
    at, dated = when.instant(written, BRUSSELS, end=False)
    return at + _APPEARS if dated else at


def moment(day: str, time: str, there: ZoneInfo) -> tuple[datetime, bool]:
    """The instant (UTC) of a date and a time stated apart, and whether no time was stated.

    The time's own offset counts, else the date's, else local time `there`; a date alone is the end
    of that day. ValueError for what is no date or no time.
    """
    date, clock = _DAY.fullmatch(day.strip()), _TIME.fullmatch(time.strip())
    if not date or (time.strip() and not clock):
        raise ValueError(f"{day[:40]!r} {time[:40]!r} is no date and time")
    if not clock:
        return when.instant(f"{date[1]}{date[2] or ''}", there)
    written = f"{date[1]}T{clock[1]:0>2}:{clock[2]}:{clock[3] or '00'}"
    return when.instant(written + (clock[4] or date[2] or ""), there)


def odd_offset(at: datetime, time: str, there: ZoneInfo) -> bool:
    """Whether a time states another offset than its country has at that instant (UTC)."""
    clock = _TIME.fullmatch(time.strip())
    if not clock or not clock[4]:
        return False
    stated = when.instant(f"2000-01-01T00:00:00{clock[4]}", there)[0]
    offset = datetime.fromisoformat("2000-01-01T00:00:00+00:00") - stated
    return offset != at.astimezone(there).utcoffset()


Dated = tuple[str | None, datetime, bool]  # lot, instant (UTC), no time stated


def by_lot(kind: DeadlineKind, stated: Iterable[Dated], *, firm: bool) -> list[Deadline]:
    """One deadline of the whole where all lots that state one agree, else one for each lot."""
    found = list(dict.fromkeys(stated))
    if len({(at, dated) for _, at, dated in found}) == 1:
        found = [(None, *found[0][1:])]
    return [Deadline(kind, at, dated, firm, lot=lot) for lot, at, dated in found]


def amount(written: str, currency: str) -> Value | None:
    """A figure without VAT; None for what is none, and for 0 and -1, which mean undisclosed.

    A comma is the decimal sign of most of Europe; it parts thousands where three digits follow.
    """
    plain = "".join(written.split())
    head, comma, tail = plain.rpartition(",")
    if comma:
        fraction = "." not in tail and len(tail) != 3
        plain = f"{head.replace('.', '')}.{tail}" if fraction else plain
        plain = plain.replace(",", "")
    figure = number(plain)
    return Value(figure, None, currency) if figure is not None and figure > 0 else None


def figure(value: Value | None) -> str | None:
    """A figure as a change tells it: `2550469.53 EUR`."""
    if value is None or value.net is None:
        return None
    return f"{value.net:.2f}".rstrip("0").rstrip(".") + f" {value.currency}"


def total(parts: list[Value | None]) -> Value | None:
    """The sum of all lots, where each states a figure in the same currency."""
    known = [part for part in parts if part]
    if not known or len(known) < len(parts) or len({part.currency for part in known}) > 1:
        return None
    return Value(sum(part.net or 0 for part in known), None, known[0].currency)


def ended(
    decisions: Iterable[str], reasons: Iterable[str], *, whole: bool
) -> tuple[Status | None, Scope | None]:
    """The status after a result, and what it calls off, by BT-142 in OCDS terms and BT-144.

    Where all lots are closed without a winner (`whole`: no lot is left out) the tender has ended;
    it was called off unless that was for the want of a tender to choose.
    """
    found = set(decisions)
    if not found or "active" in found:
        return "awarded", None
    if "pending" in found:
        return None, None
    if not whole:
        return None, "lot"
    unsuccessful = set(reasons) or {"all-rej"}
    return ("ended", None) if unsuccessful <= NO_TENDER else ("cancelled", "tender")


def explained(codes: Iterable[str], said: Iterable[str]) -> str:
    """The words of a change: what its code (BT-140) means where it is grave, then the buyer's."""
    found = [REASONS[code] for code in codes if code in REASONS]
    return "\n".join(dict.fromkeys(part for part in (*found, *said) if part))
