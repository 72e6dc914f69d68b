"""What an eForms notice states: buyers, CPV, places, values, lots, documents, awards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot import cpv
from bot.model import Award, Buyer, Code, Document, Lot, Value
from watchers import _ted, _ted_codes
from watchers._ted_codes import Form
from watchers._xml import Element, at, every, text, texts

EXTENSION = ("UBLExtensions", "UBLExtension", "ExtensionContent", "EformsExtension")


@dataclass(frozen=True, slots=True)
class Reading:
    """One document being read, its tags without namespaces, and what had to be left out of it."""

    root: Element
    extension: Element | None
    project: Element | None
    lots: list[Element]  # lots, or the parts of a plan; no groups of lots
    organisations: dict[str, Element]
    form: Form
    kind: str
    id: str
    languages: tuple[str, ...]  # three letters, in the order of preference
    own: str  # the notice's own language
    remarks: list[str] = field(default_factory=list)

    def said(self, elements: Iterable[Element]) -> str:
        """A text for people in the language wanted most; several in one language are joined."""
        found: dict[str, list[str]] = {}
        for element in elements:
            if words := text(element):
                found.setdefault(element.get("languageID", "").lower(), []).append(words)
        joined = {code: "\n".join(dict.fromkeys(words)) for code, words in found.items()}
        return _ted.chosen(joined, self.languages, self.own)

    def title(self, project: Element | None) -> str:
        """A project's name on one line."""
        return " ".join(self.said(every(project, "Name")).split())

    def country(self) -> str:
        """The country of the first buyer, as a code of three letters."""
        for party in every(self.root, "ContractingParty", "Party"):
            body = self.organisations.get(text(at(party, "PartyIdentification", "ID")))
            if code := text(at(body, "PostalAddress", "Country", "IdentificationCode")):
                return code
        return ""

    def decisions(self) -> tuple[list[str], list[str], bool]:
        """How lots were decided (BT-142 in OCDS terms), why not (BT-144), and if none is left."""
        results = every(self.extension, "NoticeResult", "LotResult")
        codes = [text(result.find("TenderResultCode")) for result in results]
        reasons = texts(every(self.extension, *_NO_AWARD))
        decided = {id for result in results for id in texts(every(result, "TenderLot", "ID"))}
        whole = decided >= {text(lot.find("ID")) for lot in self.lots}
        return [_ted_codes.RESULTS.get(code, "") for code in codes if code], reasons, whole


_NO_AWARD = ("NoticeResult", "LotResult", "DecisionReason", "DecisionReasonCode")


@dataclass(frozen=True, slots=True)
class Whole:
    """What the procedure and its lots state together."""

    title: str
    description: str
    cpv: tuple[Code, ...]
    places: tuple[str, ...]
    value: Value | None
    sme: bool | None


def shared(reading: Reading, who: tuple[Buyer, ...]) -> Whole:
    """The whole; where the procedure states nothing of its own (a plan), its first part speaks."""
    projects = [lot.find("ProcurementProject") for lot in reading.lots]
    scopes = [reading.project, *projects]
    codes = dict.fromkeys(code for scope in scopes for code in _codes(scope))
    places = dict.fromkeys(place for scope in scopes for place in _places(scope))
    # Where no place is stated, the buyer's seat is the best known (18 of 56 notices).
    fallback = dict.fromkeys(buyer.place for buyer in who if buyer.place)
    spoken = [scope for scope in scopes if scope is not None]
    registered = at(reading.root, "BusinessParty", "PartyLegalEntity", "RegistrationName")
    return Whole(
        next(filter(None, map(reading.title, spoken)), "") or text(registered),
        next(filter(None, (_description(reading, scope) for scope in spoken)), ""),
        tuple(Code(code) for code in codes),
        tuple(places or fallback),
        _value(reading.project),
        _any(_flag(scope) for scope in spoken),
    )


def parties(reading: Reading) -> tuple[Buyer, ...]:
    """The buyers (BT-500), each once, with their identifiers (BT-501) and seats (BT-507)."""
    found: dict[str, Buyer] = {}
    for party in every(reading.root, "ContractingParty", "Party"):
        id = text(at(party, "PartyIdentification", "ID"))
        body = reading.organisations.get(id)
        name = " ".join(reading.said(every(body, "PartyName", "Name")).split())
        if body is not None and name and id not in found:
            address = body.find("PostalAddress")
            country = text(at(address, "Country", "IdentificationCode"))
            seat = text(at(address, "CountrySubentityCode")) or country
            found[id] = Buyer(name, text(at(body, "PartyLegalEntity", "CompanyID")), seat)
    return tuple(found.values())


def lots(reading: Reading) -> tuple[Lot, ...]:
    """The lots, each once; in a result with how each ended, as OCDS calls the status of a lot."""
    found: dict[str, Lot] = {}
    ended = {
        id: _ted_codes.ENDED.get(text(result.find("TenderResultCode")), "")
        for result in every(reading.extension, "NoticeResult", "LotResult")
        for id in texts(every(result, "TenderLot", "ID"))
    }
    for lot in reading.lots:
        id, project = text(lot.find("ID")), lot.find("ProcurementProject")
        if id and id not in found:
            found[id] = Lot(
                id,
                reading.title(project),
                _description(reading, project),
                ended.get(id, ""),
                value=_value(project),
                cpv=tuple(Code(code) for code in dict.fromkeys(_codes(project))),
                places=tuple(dict.fromkeys(_places(project))),
                sme=_flag(project),
                criteria=tuple(dict.fromkeys(_criteria(reading, lot))),
            )
    return tuple(found.values())


_CRITERIA = ("TenderingTerms", "AwardingTerms", "AwardingCriterion", "SubordinateAwardingCriterion")
# How a weight is meant (BT-5421); others are told as plain figures.
_WEIGHTS = {"per-exa": "%", "poi-exa": " points"}


def _criteria(reading: Reading, lot: Element) -> Iterator[str]:
    """Award criteria (BT-734, else BT-539) with their weights (BT-541): `Price 40%`.

    A result repeats them as history.
    """
    if reading.form.stage not in ("planning", "tender"):
        return
    for criterion in every(lot, *_CRITERIA):
        name = " ".join(reading.said(every(criterion, "Name")).split())
        name = name or text(criterion.find("AwardingCriterionTypeCode")).capitalize()
        weights = [
            f"{text(stated.find('ParameterNumeric'))}{_WEIGHTS.get(text(code), '')}"
            for stated in every(criterion, *EXTENSION, "AwardCriterionParameter")
            if (code := stated.find("ParameterCode")) is not None
            and code.get("listName") == "number-weight"
        ]
        if told := " ".join(filter(None, (name, *weights))):
            yield told


def documents(reading: Reading) -> tuple[Document, ...]:
    """Where the procurement documents are (BT-15, BT-615), each address once."""
    found: dict[str, Document] = {}
    for lot in reading.lots:
        for paper in every(lot, "TenderingTerms", "CallForTendersDocumentReference"):
            if url := text(at(paper, "Attachment", "ExternalReference", "URI")):
                found.setdefault(url, Document(url, url=url))
    return tuple(found.values())


def submission(reading: Reading) -> str:
    """Where to respond (BT-18), once where all lots agree."""
    path = ("TenderingTerms", "TenderRecipientParty", "EndpointID")
    said = [each for lot in reading.lots for each in texts(every(lot, *path))]
    return "\n".join(dict.fromkeys(said))


def _last_second(reading: Reading, day: str) -> datetime | None:
    try:
        return _ted.moment(day, "", _ted.zone(reading.country()))[0] if day else None
    except ValueError:
        return None


# ---------------------------------------------------------------- one project


def _description(reading: Reading, project: Element | None) -> str:
    """What is bought (BT-24), and what else the buyer says of it (BT-300)."""
    said = reading.said(every(project, "Description")), reading.said(every(project, "Note"))
    return "\n\n".join(dict.fromkeys(part for part in said if part))


def _codes(project: Element | None) -> Iterator[str]:
    for name in ("MainCommodityClassification", "AdditionalCommodityClassification"):
        for element in every(project, name, "ItemClassificationCode"):
            if code := cpv.normal(text(element)):
                yield code


def _places(project: Element | None) -> Iterator[str]:
    """A region (BT-5071), else "anywhere" (BT-727), else the country (BT-5141)."""
    for address in every(project, "RealizedLocation", "Address"):
        region = text(address.find("Region"))
        place = (
            text(address.find("CountrySubentityCode"))
            # `anyw-cou` is anywhere in the country that is stated beside it.
            or (region if region in ("anyw", "anyw-eea") else "")
            or text(at(address, "Country", "IdentificationCode"))
        )
        if place:
            yield place


def _value(project: Element | None) -> Value | None:
    """The estimate (BT-27), else the most that a framework may reach (BT-271)."""
    total = at(project, "RequestedTenderTotal")
    return _money(at(total, "EstimatedOverallContractAmount")) or _money(
        at(total, *EXTENSION, "FrameworkMaximumAmount")
    )


def _money(element: Element | None) -> Value | None:
    if element is None:
        return None
    return _ted.amount(text(element), element.get("currencyID", ""))


def _flag(project: Element | None) -> bool | None:
    return {"true": True, "false": False}.get(text(at(project, "SMESuitableIndicator")))


def _any(flags: Iterable[bool | None]) -> bool | None:
    found = set(flags)
    return True if True in found else False if False in found else None


# ---------------------------------------------------------------- results


def awards(reading: Reading) -> tuple[Award, ...]:
    """One award for each lot's result, with its winners, their tenders' sum and the contract's day.

    Its id begins with the notice's: later notices of a procedure count their results anew.
    """
    result = at(reading.extension, "NoticeResult")
    bids = {text(bid.find("ID")): bid for bid in every(result, "LotTender")}
    groups = {text(group.find("ID")): group for group in every(result, "TenderingParty")}
    contracts = {text(each.find("ID")): each for each in every(result, "SettledContract")}
    found = []
    for row in every(result, "LotResult"):
        status = _ted_codes.RESULTS.get(text(row.find("TenderResultCode")), "")
        if status == "pending":
            continue
        chosen = [
            contracts[id] for id in texts(every(row, "SettledContract", "ID")) if id in contracts
        ]
        # A result may list losing tenders too: the contracts name the winning ones.
        listed = texts(every(row, "LotTender", "ID"))
        won = texts(id for contract in chosen for id in every(contract, "LotTender", "ID"))
        won = [id for id in won if not listed or id in listed] or listed
        tenders = [bids[id] for id in dict.fromkeys(won) if id in bids]
        days = [text(contract.find("IssueDate")) for contract in chosen]
        lot = texts(every(row, "TenderLot", "ID"))
        found.append(
            Award(
                "/".join(filter(None, (reading.id, text(row.find("ID")) or "-".join(lot)))),
                _winners(reading, tenders, groups) if status != "unsuccessful" else (),
                _ted.total([_money(at(t, "LegalMonetaryTotal", "PayableAmount")) for t in tenders]),
                status,
                _last_second(reading, max(filter(None, days), default="")),
                tuple(lot),
            )
        )
    return tuple(found)


def _winners(
    reading: Reading, tenders: list[Element], groups: dict[str, Element]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tender in tenders:
        for group in texts(every(tender, "TenderingParty", "ID")):
            for id in texts(every(groups.get(group), "Tenderer", "ID")):
                body = reading.organisations.get(id)
                name = " ".join(reading.said(every(body, "PartyName", "Name")).split())
                if name:
                    found[name] = None
    return tuple(found)
