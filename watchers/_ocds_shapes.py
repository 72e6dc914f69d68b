"""Where the releases stand in a document of OCDS: a package, a record, a release, a list. Pure.

https://standard.open-contracting.org/1.1/en/schema/
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.contract import Fault
from bot.errors import ReadError
from watchers import _json
from watchers._json import Names, Raw, Split
from watchers._json_parts import Members, elements, first, members

# The way to the body itself: it is the list of releases, and may be an empty one.
WHOLE: Names = ()
# What a package has beside its releases. Some publishers leave those out when there are none
# (Proactis, Brazil's Compras); an error that comes with the status 200 has less of it.
_PACKAGE = frozenset(
    {"uri", "version", "publishedDate", "publisher", "license", "publicationPolicy", "extensions"}
)
_OF_RECORD = frozenset({"releases", "compiledRelease", "versionedRelease"})
_NOTHING = (
    "an empty list, which may mean anything; if it is how the publisher says that there is "
    'nothing, write releases: "[]"'
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a publisher puts its releases and its next link."""

    releases: Names | None = None  # ("records", "compiledRelease"); None: as the standard has it
    next: Names = _json.NEXT


@dataclass(slots=True)
class Gathered:
    """Releases as they are found, undecoded."""

    pieces: list[Raw] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, raw: Raw, why: str) -> None:
        """Set a piece aside that holds no release."""
        id = hashlib.sha256(raw).hexdigest()[:16]
        self.faults.append(Fault(id, why, _json.shown(raw)))

    def elements(self, raw: Raw, name: str) -> list[Raw]:
        """The entries of the array of that name; ReadError where it is none."""
        if first(raw) != b"[":
            raise ReadError(f"`{name}` is no list")
        return elements(raw)

    def split(self, link: Any = None, *, doubtful: bool = False, why: str = "") -> Split:
        """All of it as the document's releases."""
        return Split(self.pieces, link, doubtful, why, tuple(self.faults))


def packaged(raw: Raw, held: Members, shape: Shape, gathered: Gathered) -> None:
    """The releases of one object with these members; ReadError where it is of no known shape."""
    if shape.releases and shape.releases[0] in held:
        walk(raw, shape.releases, gathered)
    elif shape.releases:
        _empty(raw, held)
    elif "records" in held:
        for record in gathered.elements(held["records"], "records"):
            record_of(record, gathered)
    elif "ocid" in held and not _OF_RECORD.isdisjoint(held):
        record_of(raw, gathered)
    elif "releases" in held:
        gathered.pieces += gathered.elements(held["releases"], "releases")
    elif "ocid" in held:
        gathered.pieces.append(raw)
    else:
        _empty(raw, held)


def _empty(raw: Raw, held: Members) -> None:
    if len(_PACKAGE & held.keys()) < 2 or not held.keys().isdisjoint(_json.ERRORS):
        raise no_package(raw)


def listed(found: Sequence[Raw], shape: Shape) -> Split:
    """A list of releases, of records or of packages; ReadError where it holds none of them."""
    gathered = Gathered()
    for element in found:
        try:
            held = members(element)
            if "ocid" in held and _OF_RECORD.isdisjoint(held):
                gathered.pieces.append(element)
            else:
                packaged(element, held, shape, gathered)
        except ReadError as error:
            gathered.fault(element, str(error))
    if not gathered.pieces and (found or shape.releases != WHOLE):
        why = gathered.faults[0].why if gathered.faults else _NOTHING
        raise ReadError(f"no releases: {why}")
    return gathered.split()


def record_of(raw: Raw, gathered: Gathered) -> None:
    """The releases embedded in a record, else its compiled release; links are not followed."""
    try:
        held = members(raw)
        embedded = gathered.elements(held["releases"], "releases") if "releases" in held else []
    except ReadError as error:
        gathered.fault(raw, str(error))
        return
    whole = [one for one in embedded if not _linked(one)]
    compiled = held.get("compiledRelease", b"")
    if first(compiled) == b"{" and (not whole or len(whole) < len(embedded)):
        gathered.pieces.append(compiled)
    elif whole:
        gathered.pieces += whole
    else:
        gathered.fault(raw, "a record without a release in it")


def _linked(release: Raw) -> bool:
    try:
        held = members(release)
    except ReadError:
        return False
    return "url" in held and "ocid" not in held


def walk(raw: Raw, names: Names, gathered: Gathered) -> None:
    """The releases at the end of a way; an array on it stands for each of its entries."""
    kind = first(raw)
    if kind == b"[" and not names:
        gathered.pieces += gathered.elements(raw, "releases")
    elif kind == b"[":
        for element in gathered.elements(raw, names[0]):
            walk(element, names, gathered)
    elif names:
        _step(raw, names, gathered)
    elif kind != b"n":  # null, where the Dominican Republic's DGCP has nothing to show
        gathered.pieces.append(raw)


def _step(raw: Raw, names: Names, gathered: Gathered) -> None:
    try:
        held = members(raw)
    except ReadError as error:
        gathered.fault(raw, str(error))
        return
    if names[0] in held:
        walk(held[names[0]], names[1:], gathered)
    else:
        gathered.fault(raw, f"without `{names[0]}`")


def no_package(raw: Raw) -> ReadError:
    """The error for what holds no release, in the words of whoever sent it."""
    text = bytes(raw).decode("utf-8", "replace")
    return ReadError(_json.no_package(text), raw=text[: _json.KEPT])
