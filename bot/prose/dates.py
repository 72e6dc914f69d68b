"""Dates and times of day as people write them in several languages. Pure."""

from __future__ import annotations

import re
from datetime import date

_ENGLISH_MONTHS = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
_MONTHS = (
    "enero ene janvier janv januar jänner gennaio gen janeiro januari stycznia",
    "febrero février févr fév februar febbraio febr fevereiro fev februari lutego",
    "marzo mars märz mrz março maart marca",
    "abril abr avril avr aprile kwietnia",
    "mayo mai maggio mag maio mei maja",
    "junio juin juni giugno giu junho czerwca",
    "julio juillet juil juli luglio lug julho lipca",
    "agosto ago août aout augustus sierpnia",
    "septiembre septembre settembre set setembro września",
    "octubre octobre oktober okt ottobre ott outubro out października",
    "noviembre novembre novembro listopada",
    "diciembre dic décembre déc dezember dez dicembre dezembro grudnia",
)
_ENGLISH_WEEKDAYS = (
    "monday mon",
    "tuesday tue tues",
    "wednesday wed",
    "thursday thu thur thurs",
    "friday fri",
    "saturday sat",
    "sunday sun",
)
_WEEKDAYS = (
    "lunes lundi montag lunedì segunda-feira maandag poniedziałek",
    "martes mardi dienstag martedì terça-feira dinsdag wtorek",
    "miércoles mercredi mittwoch mercoledì quarta-feira woensdag środa",
    "jueves jeudi donnerstag giovedì quinta-feira donderdag czwartek",
    "viernes vendredi freitag venerdì sexta-feira vrijdag piątek",
    "sábado samedi samstag sabato zaterdag sobota",
    "domingo dimanche sonntag domenica zondag niedziela",
)


def _numbered(rows: tuple[str, ...], first: int) -> dict[str, int]:
    return {name: n for n, names in enumerate(rows, first) for name in names.split()}


MONTH = _numbered(_ENGLISH_MONTHS, 1)  # English names, in lower case, from 1
WEEKDAY = _numbered(_ENGLISH_WEEKDAYS, 0)  # English names, in lower case, Monday is 0
ANY_MONTH = MONTH | _numbered(_MONTHS, 1)  # and those of other languages
_WEEKDAY = WEEKDAY | _numbered(_WEEKDAYS, 0)


def any_of(names: dict[str, int]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


DATE = re.compile(
    rf"""
    (?:\b(?:{any_of(_WEEKDAY)})\b\.?,?\s*(?:the|den|el|le|dem|de)?\s*)?
    (?:
      \d{{4}}-\d\d-\d\d (?!\d)
    | \d{{4}}[/-] (?:{any_of(ANY_MONTH)}) [/-]\d{{1,2}} (?!\d)
    | \d{{1,2}} (?:st|nd|rd|th|er|º|ª|\.)? [\s/-]* (?:of\s|de\s|d[i']\s?)?\s*
      \b(?:{any_of(ANY_MONTH)})\b \.?,? [\s/-]* (?:de\s|del\s)?\s* \d{{4}} (?!\d)
    | \b(?:{any_of(ANY_MONTH)})\b \.?\s+ \d{{1,2}} (?:st|nd|rd|th)? ,?\s+ \d{{4}} (?!\d)
    | \d{{1,2}}([./-])\d{{1,2}}\1\d{{4}} (?!\d)
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
TIME = re.compile(
    r"""
    (?: (?P<hour>\d{1,2})
        (?: (?: [:.h] | (?=\d\d\s*(?:hrs|hours)\b) ) (?P<minute>\d\d)
            (?: :\d\d (?:\.\d+)? )? )? (?!\d)
        (?P<offset> Z\b | [+-]\d\d:?\d\d (?!\d) )?
        (?: \s* (?P<half> a\.?m\b\.? | p\.?m\b\.? | noon\b | midday\b) )?
      | (?P<noon> noon | midday | mediodía | midi ) \b
    )
    (?: \s* (?P<unit> hours | hrs | h | uhr | heures | horas | ore | uur | godz ) \b\.? )?
    (?: \s* \(? (?P<zone> UTC|GMT|BST|IST|WET|WEST|CET|CEST|MEZ|MESZ|EET|EEST|EST|EDT|CST|CDT|PST
        |PDT ) \b \)? )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]+(?:-feira)?")
_GERMAN_ZONES = {"MEZ": "CET", "MESZ": "CEST"}

# Languages whose dates in figures begin with the day; English is split, and so is Canada.
_DAY_FIRST = {"es", "ca", "gl", "fr", "de", "it", "pt", "nl", "pl", "cs", "da", "fi", "nb", "no",
              "ro", "el"}  # fmt: skip
_ENGLISH = {"en-us": False, "en-gb": True, "en-ie": True, "en-au": True, "en-nz": True,
            "en-in": True, "en-za": True, "en-mt": True}  # fmt: skip


def day(found: re.Match[str], language: str) -> str | None:
    """A match of DATE as `2026-06-19`.

    None where it is no day, where its weekday is another one, and where figures could be read in
    two ways and the language (BCP 47) does not settle which.
    """
    names = [word.lower() for word in _WORD.findall(found[0])]
    months = [ANY_MONTH[name] for name in names if name in ANY_MONTH]
    figures = [int(figure) for figure in re.findall(r"\d+", found[0])]
    if months:
        (one, other), month = figures[:2], months[-1]
        year, number = (one, other) if one > 31 else (other, one)
    elif figures[0] > 31:
        year, month, number = figures
    else:
        first, second, year = figures
        order = _order(first, second, found[1] == ".", language.lower())
        if order is None:
            return None
        number, month = order
    try:
        stated = date(year, month, number)
    except ValueError:
        return None
    weekdays = {_WEEKDAY[name] for name in names if name in _WEEKDAY and name not in ANY_MONTH}
    return f"{stated}" if weekdays <= {stated.weekday()} else None


def _order(first: int, second: int, dotted: bool, language: str) -> tuple[int, int] | None:
    """Day and month of two figures."""
    day_first = True if dotted else _day_first(language)
    if first == second or (first > 12) != (second > 12):
        return (second, first) if second > 12 else (first, second)
    if day_first is None:
        return None
    return (first, second) if day_first else (second, first)


def _day_first(language: str) -> bool | None:
    if language in _ENGLISH:
        return _ENGLISH[language]
    main, _, region = language.partition("-")
    return True if main in _DAY_FIRST and region not in ("ca", "us") else None


def hour(found: re.Match[str]) -> str | None:
    """A match of TIME as `12:00`; None for a bare number, and for 12 am, which means both ends."""
    if found["noon"]:
        return "12:00"
    hours, half = int(found["hour"]), (found["half"] or "").lower().replace(".", "")
    if found["minute"] is None and not (half or found["unit"]):
        return None
    if half == "am" and hours == 12:
        return None
    if half in ("noon", "midday") and hours != 12:
        return None
    if half == "pm" and hours < 12:
        hours += 12
    minutes = int(found["minute"] or 0)
    return f"{hours:02}:{minutes:02}" if hours < 24 and minutes < 60 else None


def zone_name(found: re.Match[str]) -> str:
    """The time zone that a match of TIME names, as the zone database writes it."""
    stated = (found["zone"] or "").upper()
    return _GERMAN_ZONES.get(stated, stated)
