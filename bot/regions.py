"""Places as one tree: ITL and NUTS codes, regions' names, postcodes and countries. Pure.

A node is a short text. `UK` and the codes below it (`UKM`, `UKM5`, `UKM50`) always have the prefix
UK, whichever of UK and TL a source writes; `ENG` is England, between `UK` and its nine regions. A
country is its ISO 3166-1 alpha-2 code (Greece is `EL`), its regions are NUTS codes. Above the
countries stand `EU`, `EUROPE`, `ROW` (the rest of the world) and `WORLD`; `CHI` holds the Channel
Islands and `BOT` the British Overseas Territories. Both code systems are revised every few years: a
UK code of another edition is read as the nearest node around it that the tables have (`TLI35` of
2025 as `UKI3`, `TLK64` as `UKK`), which loses no notice; elsewhere a code hangs under its prefix.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

TYPE_CHECKING = False  # spares the import of typing
if TYPE_CHECKING:
    from typing import Literal

_LONGEST = 100  # characters of a place; some sources write an address, which is no region's name
_REMEMBERED = 8_192
_ENGLISH = frozenset("CDEFGHIJK")  # the regions of England by the third character of their codes
_ITL, _NUTS = "TL", "UK"
_DIGITS = "0123456789"
_AFTER_LETTER = _DIGITS + "Z"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HOW = "write a region's name, an ITL or NUTS code, a postcode district such as LE3, or a country"


def parse(text: str) -> str:
    """The node that a subscriber means by a name, a code, a postcode (its region) or a country.

    A name that regions of two levels bear is the larger one. Some postcode districts read like
    NUTS codes of other countries (DE21, SE11): alone they are the district, and the code after the
    word NUTS. `NI` is Northern Ireland, though Nicaragua has it for its code. ValueError says what
    to write, with the nearest known name.
    """
    word, _, rest = text.strip().partition(" ")
    if word.upper() in ("NUTS", "ITL"):
        node = place(rest.upper())
    else:
        called = _words().get(folded(text)) if len(text) <= _LONGEST else None
        node = called or _postcode(text) or place(text)
    node = node or place(text.upper())
    if node is None:
        raise ValueError(f"unknown place {text[:_LONGEST]!r}: {_HOW}{_meant(text)}")
    return node


def place(text: str) -> str | None:
    """The node of a place as a notice states it; None where it means nothing to us.

    What reads both as a NUTS code and as a postcode district is the code here: notices state codes.
    """
    return None if len(text) > _LONGEST else _place(text)


def name(node: str) -> str:
    """`Scotland`, `Sefton`, `Ireland`; the node itself where no name is known."""
    return _names().get(node, node)


def covers(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies inside it."""
    return outer in ancestors(inner)


def relation(wanted: str, stated: str) -> Literal["inside", "wider", "apart"]:
    """How the place that a notice states lies to the one that a subscription wants."""
    if wanted in ancestors(stated):
        return "inside"
    return "wider" if stated in ancestors(wanted) else "apart"


@functools.lru_cache(_REMEMBERED)
def ancestors(node: str) -> tuple[str, ...]:
    """The node itself and all around it: `UKM5`, `UKM`, `UK`, `EUROPE`, `WORLD`."""
    around = _parents().get(node)
    if around is None and 2 < len(node) <= 5:
        english = len(node) == 3 and node.startswith(_NUTS) and node[2] in _ENGLISH
        around = "ENG" if english else node[:-1]
    return (node, *ancestors(around)) if around else (node,)


def named() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every node of the tables: itself, its name, its other names and codes; the larger first."""
    for node, own, others in _rows("regions.tsv", 3):
        itl = (f"{_ITL}{node[2:]}",) if node.startswith(_NUTS) else ()
        yield node, own, (*itl, *filter(None, others.split("; ")))
    for node, _, alpha3, _, own, others in _countries():
        yield node, own, tuple(filter(None, (alpha3, *others.split("; "))))


def folded(text: str) -> str:
    """A name without what its writings differ in: case, accents, marks, `&`, `the`."""
    if not text.isascii():
        import unicodedata

        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    plain = text.casefold().replace("'", "").replace("’", "").replace("&", " and ")
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return " ".join(word for word in words if word != "the")


@functools.lru_cache(_REMEMBERED)
def _place(text: str) -> str | None:
    code = text.strip()
    found = _codes().get(code) or _nuts(code) or _words().get(folded(code)) or _postcode(code)
    # Regions' codes are also written in lower case; two or three letters would be a word.
    return found or (_nuts(code.upper()) if len(code) > 3 else None)


def _nuts(code: str) -> str | None:
    """A region's code by its form, with the prefix that its node has; else None."""
    if not 3 <= len(code) <= 5 or not (code.isascii() and code.isalnum()):
        return None
    country, first, rest = code[:2], code[2], code[3:]
    country = {_ITL: _NUTS, "GR": "EL"}.get(country, country)
    if first not in _regions().get(country, ""):
        return None
    # Behind a letter comes a digit, or the Z of "no region": so DEAL, a town, is no code.
    if code != code.upper() or (rest and first in _LETTERS and rest[0] not in _AFTER_LETTER):
        return None
    return _edition(country + first + rest)


def _edition(node: str) -> str:
    """The nearest node of the tables around a UK code; `Z`, outside of all regions, is kept."""
    if node.startswith(_NUTS) and node[2] != "Z":
        while node not in _names():
            node = node[:-1]
    return node


def _postcode(text: str) -> str | None:
    """The region of a full postcode or of its first half; else None."""
    if len(text) > 12 or not text.isascii():
        return None
    parts = text.upper().split()
    whole = "".join(parts)
    if 5 <= len(whole) <= 7 and whole[-3].isdigit() and whole[-2:].isalpha():
        outcode = whole[:-3]
    elif len(parts) == 1 or (len(parts) == 2 and len(parts[1]) <= 3):
        outcode = parts[0]
    else:
        return None
    area = outcode.rstrip("0123456789") if outcode[-1:].isdigit() else outcode[:-1].rstrip(_DIGITS)
    district = outcode[len(area) :]
    if len(district) > 2 or not district[:1].isdigit():
        return None
    districts = _areas().get(area, {})
    return districts.get(district.rstrip(_LETTERS)) or districts.get("")


def _meant(text: str) -> str:
    if len(text) > _LONGEST:
        return ""
    from difflib import get_close_matches

    near = get_close_matches(folded(text), _words(), 1, 0.75)
    return f" (did you mean {name(_words()[near[0]])}?)" if near else ""


# ---------------------------------------------------------------- the tables, read on first use


def _rows(file: str, columns: int) -> Iterator[list[str]]:
    from pathlib import Path

    text = (Path(__file__).parent / "data" / file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in lines[1:]:
        cells = line.split("\t")
        yield cells + [""] * (columns - len(cells))


@functools.cache
def _countries() -> tuple[list[str], ...]:
    return tuple(_rows("countries.tsv", 6))


@functools.cache
def _parents() -> dict[str, str]:
    return {node: parent for node, parent, *_ in _countries()} | {"ENG": "UK"}


@functools.cache
def _regions() -> dict[str, str]:
    return {node: nuts for node, _, _, nuts, *_ in _countries() if nuts}


@functools.cache
def _codes() -> dict[str, str]:
    """Nodes, and the ISO codes that are none."""
    alpha3 = {alpha3: node for node, _, alpha3, *_ in _countries() if alpha3}
    return alpha3 | {node: node for node in _names()}


@functools.cache
def _names() -> dict[str, str]:
    names = {node: name for node, name, _ in _rows("regions.tsv", 3)}
    return names | {row[0]: row[4] for row in _countries()}


@functools.cache
def _words() -> dict[str, str]:
    """Folded names, the larger region's first."""
    words: dict[str, str] = {}
    lines = [(node, own, others) for node, own, others in _rows("regions.tsv", 3)]
    lines += [(row[0], row[4], row[5]) for row in _countries()]
    for node, own, others in lines:
        for written in (own, *others.split("; ")):
            words.setdefault(folded(written), node)
    words.pop("", None)
    return words


@functools.cache
def _areas() -> dict[str, dict[str, str]]:
    """Postcode area → district → node; the empty district stands for all that are not listed.

    A district that an area across a border does not list, as yet unknown, is placed in what holds
    the whole area.
    """
    areas: dict[str, dict[str, str]] = {}
    for area, node, listed in _rows("outcodes.tsv", 3):
        districts = areas.setdefault(area, {})
        whole = districts.get("", node)
        districts[""] = next(around for around in ancestors(whole) if covers(around, node))
        for part in listed.split():
            first, _, last = part.partition("-")
            districts |= {str(n): node for n in range(int(first), int(last or first) + 1)}
    return areas
