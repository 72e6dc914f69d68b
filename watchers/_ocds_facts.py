"""What an OCDS release states: buyers, CPV, places, values, lots, documents, awards. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bot import cpv, regions
from bot.model import Award, Buyer, Code, Document, Lot, Value
from watchers._ocds_kind import CALLED_OFF, NOT_LISTED, Kind, Listed, own_document, stand_in
from watchers._take import Json, flag, number, obj, rows, text, texts

Stamp = Callable[[Any], datetime | None]


# Some publishers number the parties of each answer anew.
_NUMBERED = re.compile(r"org-\d+")


def _as_it_is(stated: str) -> str:
    return stated


def _not_listed(_: Json) -> Listed:
    return NOT_LISTED


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs from one publisher to the next."""

    zone: ZoneInfo  # of times written without an offset
    page: Callable[[str, Json], str | None]  # a notice's id and its own entry -> its page
    currency: str = ""  # where an amount names none
    escaped: bool = False  # texts are HTML-escaped once
    mend: Callable[[str], str] = _as_it_is  # a text for people, freed of the publisher's damage
    # Times are the zone's, under a `Z` that is false; midnight stands for a date without a time.
    local: bool = False
    labelled: bool = True  # False: CPV codes come without their labels
    located: bool = False  # items also say in words where
    own: Callable[[Json], Json] = own_document  # a release -> its entry for its own notice
    name: Callable[[str], str] = _as_it_is  # a stated id -> what stays of it in the next answer
    unnamed: Callable[[Json], str] = stand_in  # the id of a release that states none
    listed: Callable[[Json], Listed] = _not_listed  # what the publisher's list calls the notice
    link: Callable[[str], str] = _as_it_is  # where else it is published, as other sources write it
    # Record and notice of a release as it came, where its own ids do not do; raises ReadError.
    identify: Callable[[bytes | msgspec.Raw], tuple[str, str]] | None = None
    prepare: Callable[[Json], None] | None = None  # changes a decoded release before it is read


@dataclass(frozen=True, slots=True)
class Reading:
    """One release being read, and what had to be left out of it."""

    release: Json
    planning: Json
    tender: Json
    lots: list[Json]
    awards: list[Json]
    contracts: list[Json]
    kind: Kind
    id: str
    page: str | None  # the notice's page for people
    dialect: Dialect
    remarks: list[str]

    def words(self, value: Any) -> str:
        """A text for people, with the publisher's HTML entities taken back once."""
        found = self.dialect.mend(text(value))
        if self.dialect.escaped and "&" in found:
            return html.unescape(found).replace("\x00", "").strip()
        return found


@dataclass(frozen=True, slots=True)
class Scope:
    """CPV codes (with their labels) and places, in the order of appearance, each once."""

    codes: dict[str, str] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)

    def cpv(self) -> tuple[Code, ...]:
        return tuple([Code(id, label) for id, label in self.codes.items()])


# ---------------------------------------------------------------- buyers, codes, places


def buyers(release: Json) -> tuple[Buyer, ...]:
    """The parties with the role of a buyer; where none has it, the release's own `buyer`.

    OCDS 1.0 has no parties: buyer and procuring entity stand in line, with all that is known.
    """
    return (
        _parties(release, "buyer")
        or _inline(release.get("buyer"))
        or _parties(release, "procuringEntity")
        or _inline(obj(release.get("tender")).get("procuringEntity"))
    )


def _parties(release: Json, role: str) -> tuple[Buyer, ...]:
    return tuple(
        [
            Buyer(name, _lasting(text(party.get("id"))), _seat(obj(party.get("address"))))
            for party in rows(release.get("parties"))
            if role in texts(party.get("roles")) and (name := text(party.get("name")))
        ]
    )


def _inline(stated: Any) -> tuple[Buyer, ...]:
    party = obj(stated)
    name, identifier = text(party.get("name")), obj(party.get("identifier"))
    if not (name := name or text(identifier.get("legalName"))):
        return ()
    id = _lasting(text(party.get("id")) or text(identifier.get("id")))
    return (Buyer(name, id, _seat(obj(party.get("address")))),)


def _lasting(id: str) -> str:
    return "" if _NUMBERED.fullmatch(id) else id


def _seat(address: Json) -> str:
    return (
        text(address.get("region"))
        or text(address.get("postalCode"))
        or text(address.get("country"))
        or text(address.get("countryName"))
    )


def scopes(reading: Reading) -> tuple[Scope, dict[str, Scope]]:
    """CPV and places of the whole, and of each lot.

    Codes stand in four places: the tender's own classifications (legacy, Contracts Finder) and the
    items of the tender, of its awards (UK5 to UK7) and of its contracts (legacy updates).
    """
    whole, lots = Scope(), dict[str, Scope]()
    dialect = reading.dialect
    _codes(whole, reading.tender, dialect)
    for holder in (reading.tender, *reading.awards, *reading.contracts):
        for item in rows(holder.get("items")):
            lot = text(item.get("relatedLot"))
            scope = lots.setdefault(lot, Scope()) if lot else Scope()
            _codes(scope, item, dialect)
            _places(scope, item, dialect)
            for code, label in scope.codes.items():
                if not whole.codes.get(code):
                    whole.codes[code] = label
            whole.places.update(scope.places)
    return whole, lots


def _codes(scope: Scope, holder: Json, dialect: Dialect) -> None:
    entries = rows(holder.get("additionalClassifications"))
    if main := holder.get("classification"):
        entries = [*rows(main), *entries]
    for entry in entries:
        if (scheme := entry.get("scheme", "CPV")) != "CPV" and text(scheme).upper() != "CPV":
            continue
        code = cpv.normal(text(entry.get("id")))
        if code and not scope.codes.get(code):
            label = text(entry.get("description"))
            scope.codes[code] = label if label or dialect.labelled else cpv.label(code)


def _places(scope: Scope, item: Json, dialect: Dialect) -> None:
    """The region, else a postcode, else the country: Contracts Finder states only one of them.

    The location extension of OCDS has one `deliveryAddress`, and codes in a gazetteer. Words beside
    them count if they are all there is, or name a region that no stated one lies in.
    """
    addresses = rows(item.get("deliveryAddresses"))
    if one := item.get("deliveryAddress"):
        addresses = [*addresses, *rows(one)]
    for address in addresses:
        if place := (
            text(address.get("region"))
            or text(address.get("postalCode"))
            or text(address.get("country"))
            or text(address.get("countryName"))
        ):
            scope.places[place] = None
    location = obj(item.get("deliveryLocation"))
    gazetteer = obj(location.get("gazetteer"))
    if text(gazetteer.get("scheme")).upper() == "NUTS":
        scope.places.update(dict.fromkeys(texts(gazetteer.get("identifiers"))))
    words = text(location.get("description")) if dialect.located else ""
    if words and _tells_more(words, scope.places):
        scope.places[words] = None


def _tells_more(words: str, stated: Iterable[str]) -> bool:
    known, named = [regions.place(one) for one in stated], regions.place(words)
    if not known or not named:
        return not known
    return not any(one and regions.covers(named, one) for one in known)


# ---------------------------------------------------------------- values, suitability


def value(stated: Any, dialect: Dialect) -> Value | None:
    """An amount without (`amount`) and with VAT (`amountGross`); 0 stands for "not stated"."""
    if not stated:
        return None
    found = obj(stated)
    net, gross = number(found.get("amount")) or None, number(found.get("amountGross")) or None
    if net is None and gross is None:
        return None
    return Value(net, gross, text(found.get("currency")) or dialect.currency)


def estimate(reading: Reading) -> Value | None:
    """The tender's value, else its lower bound, else the sum of its lots where each states one."""
    tender, dialect = reading.tender, reading.dialect
    found = value(tender.get("value"), dialect) or value(tender.get("minValue"), dialect)
    if found or not reading.lots:
        return found
    stated = [value(lot.get("value"), dialect) for lot in reading.lots]
    known = [one for one in stated if one]
    if len(known) < len(stated) or len({one.currency for one in known}) > 1:
        return None
    return Value(
        _sum(one.net for one in known), _sum(one.gross for one in known), known[0].currency
    )


def _sum(amounts: Iterable[float | None]) -> float | None:
    found = list(amounts)
    return None if None in found else sum(amount or 0 for amount in found)


def suitable(reading: Reading) -> tuple[bool | None, bool | None]:
    """For SMEs, for VCSEs: where any lot is; None where neither a lot nor the tender says."""
    said = [
        obj(s) for holder in (*reading.lots, reading.tender) if (s := holder.get("suitability"))
    ]
    return _any(said, "sme"), _any(said, "vcse")


def _any(said: list[Json], name: str) -> bool | None:
    flags = [flag(one.get(name)) for one in said]
    return True if True in flags else False if False in flags else None


# ---------------------------------------------------------------- lots, documents, awards


def lots(
    reading: Reading,
    scopes: dict[str, Scope],
    criteria: Callable[[Reading, Json], tuple[str, ...]],
) -> tuple[Lot, ...]:
    """The lots, each once, with the codes and places of their items and their award criteria."""
    found: dict[str, Lot] = {}
    # A legacy award notice calls its lots cancelled (143 of 149), beside active awards.
    silent = reading.kind.stage in ("award", "contract") and not reading.kind.name.startswith("UK")
    for row in reading.lots:
        id = text(row.get("id"))
        if not id or id in found:
            continue
        scope = scopes.get(id) or Scope()
        suitability = obj(row.get("suitability"))
        found[id] = Lot(
            id,
            reading.words(row.get("title")),
            reading.words(row.get("description")),
            "" if silent else text(row.get("status")),
            value(row.get("value"), reading.dialect),
            scope.cpv(),
            tuple(scope.places),
            flag(suitability.get("sme")),
            flag(suitability.get("vcse")),
            criteria(reading, row),
        )
    return tuple(found.values())


def documents(reading: Reading, modified: Stamp) -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """The documents offered to bidders, and the pages of other notices listed among them.

    Left out: the notice's own page, the conflicts assessment, what has no address yet.
    """
    found: list[Document] = []
    pages: list[str] = []
    page = reading.page
    for row in (*rows(reading.planning.get("documents")), *rows(reading.tender.get("documents"))):
        url, kind = text(row.get("url")), text(row.get("documentType"))
        if not url or url == page or kind == "conflictOfInterest" or row.get("noticeType"):
            continue
        if kind.endswith("Notice"):
            pages.append(url)
            continue
        title = reading.words(row.get("title")) or reading.words(row.get("description"))
        found.append(Document(text(row.get("id")), title, url, modified(row.get("dateModified"))))
    return tuple(found), tuple(pages)


def awards(reading: Reading, signed: Stamp) -> tuple[Award, ...]:
    """The awards, each with its contract (`awardID`): its value, signature and end.

    A contract without its award (UK11) stands for it where it says more than that it exists.
    UK15 lists a dynamic market's categories as awards; nobody has won anything, so none is told.
    """
    if reading.kind.name == "UK15":
        return ()
    contracts: dict[str, Json] = {}
    for row in reading.contracts:
        contracts.setdefault(text(row.get("awardID")) or text(row.get("id")), row)
    found: dict[str, Award] = {}
    for row in reading.awards:
        id = text(row.get("id"))
        if id and id not in found:
            found[id] = _award(reading, id, row, contracts.pop(id, {}), signed)
    for id, contract in contracts.items():
        if id and id not in found and (contract.get("status") or contract.get("dateSigned")):
            found[id] = _award(reading, id, {}, contract, signed)
    return tuple(found.values())


def _award(reading: Reading, id: str, award: Json, contract: Json, signed: Stamp) -> Award:
    ended = text(contract.get("status"))
    fallen = ended in CALLED_OFF or ended == "terminated" or not award
    suppliers = [reading.words(s.get("name")) for s in rows(award.get("suppliers"))]
    price = value(award.get("value"), reading.dialect)
    return Award(
        id,
        tuple(dict.fromkeys(name for name in suppliers if name)),
        price or value(contract.get("value"), reading.dialect),
        ended if fallen else text(award.get("status")),
        signed(contract.get("dateSigned")),
        tuple(texts(award.get("relatedLots"))),
        reading.words(award.get("title")) or reading.words(contract.get("title")),
    )
