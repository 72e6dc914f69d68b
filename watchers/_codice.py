"""An entry of Spain's procurement platform, with its CODICE folder, into a notice. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from bot import cpv, filters, regions, when
from bot.errors import ReadError
from bot.model import (
    Award,
    Buyer,
    Code,
    Deadline,
    DeadlineKind,
    Document,
    Facts,
    Lot,
    Notice,
    Scope,
    Stage,
    Status,
    Value,
)
from watchers._feed_entry import Version
from watchers._take import number
from watchers._xml import at, bare, every, local, prose, text

_MADRID = ZoneInfo("Europe/Madrid")
_FOLDER = "ContractFolderStatus"


class _State(NamedTuple):
    stage: Stage
    status: Status


# SyndicationContractFolderStatusCode: previous notice, market consultation, open, under evaluation,
# awarded, resolved (as a rule the contract is signed), called off.
_STATES: dict[str, _State] = {
    "PRE": _State("planning", "planned"),
    "CPM": _State("planning", "planned"),
    "PUB": _State("tender", "open"),
    "EV": _State("tender", "open"),
    "ADJ": _State("award", "awarded"),
    "RES": _State("contract", "awarded"),
    "ANUL": _State("tender", "cancelled"),
}
# TenderResultCode 3, 6 and 7: no bid was fit; 4 and 5: the buyer gave up. None of them is an award.
_NO_AWARD = frozenset({"3", "4", "5", "6", "7"})
# SyndicationTenderingProcessCode.
_PROCEDURES = {
    "1": "Open", "2": "Restricted", "3": "Negotiated without publication",
    "4": "Negotiated with publication", "5": "Competitive dialogue", "6": "Minor contract",
    "7": "Call-off from a framework agreement", "8": "Design contest", "9": "Simplified open",
    "10": "Innovation partnership", "11": "Call-off from an innovation partnership",
    "12": "Call-off from a dynamic purchasing system",
    "13": "Competitive procedure with negotiation", "100": "Internal rules",
}  # fmt: skip
_PAPERS = ("LegalDocumentReference", "TechnicalDocumentReference", "AdditionalDocumentReference")
# What identifies a buyer, the platform's own number first.
_SCHEMES = ("ID_PLATAFORMA", "ID_OC_PLAT", "DIR3", "NIF")
# Why an entry left the feed: it was called off. A closed one (CERRADA) has only run its course.
_CALLED_OFF = ("", "ANULADA")


def carried(entry: Element) -> bool:
    """Whether an entry carries a CODICE folder."""
    return any(local(child) == _FOLDER for child in entry)


def notice(entry: Element, mark: Version, since: datetime) -> Notice:
    """The notice of an entry; it restates the whole folder each time. ReadError without a title.

    Times are in Europe/Madrid.
    """
    entry = bare(entry)
    folder = at(entry, _FOLDER)
    project, process = at(folder, "ProcurementProject"), at(folder, "TenderingProcess")
    code = text(at(folder, "ContractFolderStatusCode"))
    results = every(folder, "TenderResult")
    state = _STATES.get(code, _State("tender", "open"))
    remarks: list[str] = [] if code in _STATES else [f"an unknown state of the folder: {code[:20]}"]
    fallen = code == "ANUL" or (code in ("ADJ", "RES") and bool(results) and _none_awarded(results))
    cancels: Scope | None = "tender" if fallen else None
    buyer = _buyer(folder)
    title = prose(at(project, "Name")) or prose(at(entry, "title"))
    if not title:
        raise ReadError("a folder without a title")
    lots = every(folder, "ProcurementProjectLot")
    wholes = [project, *(at(lot, "ProcurementProject") for lot in lots)]
    places = tuple(dict.fromkeys(place for part in wholes if (place := _place(part))))
    link = at(entry, "link")
    identifier = text(at(folder, "ContractFolderID"))
    return Notice(
        record=mark.record,
        id=mark.id,
        published=mark.published or since,
        kind=code[:20] or "entry",
        stage="tender" if fallen else state.stage,
        status="cancelled" if fallen else state.status,
        cancels=cancels,
        facts=Facts(
            title=filters.line(title),
            description=prose(at(project, "Description")) or _reference(identifier),
            buyers=(buyer,) if buyer else None,
            cpv=tuple(dict.fromkeys(code for part in wholes for code in _codes(part))),
            places=places or ((buyer.place,) if buyer and buyer.place else None),
            value=_value(at(project, "BudgetAmount")),
            procedure=_PROCEDURES.get(text(at(process, "ProcedureCode"))),
            deadlines=tuple(_deadlines(process, project, remarks)),
            lots=tuple(_lot(lot) for lot in lots) or None,
            documents=tuple(dict.fromkeys(_documents(folder))) or None,
            awards=_awards(results),
            url=filters.link(link.get("href") if link is not None else None) or None,
        ),
        links=_folder(buyer, identifier),
        remarks=tuple(remarks),
    )


def withdrawn(tombstone: Element, mark: Version, since: datetime) -> Notice | None:
    """The end of a procurement whose entry was deleted (RFC 6721); None where it only closed.

    It names the entry and nothing else, so it is a stub.
    """
    comment = next((child for child in tombstone if local(child) == "comment"), None)
    if comment is not None and comment.get("type", "").strip().upper() not in _CALLED_OFF:
        return None
    return Notice(
        record=mark.record,
        id=mark.id,
        published=mark.published or since,
        kind="deleted-entry",
        stage="tender",
        status="cancelled",
        restates=False,
        cancels="tender",
        facts=Facts(),
        words=prose(comment),
    )


def _folder(buyer: Buyer | None, identifier: str) -> tuple[str, ...]:
    """What the folder is called in all feeds of the platform; the number alone is the buyer's."""
    return (f"codice:{buyer.id}/{identifier[:100]}",) if buyer and buyer.id and identifier else ()


def _reference(identifier: str) -> str | None:
    return f"Expediente {identifier[:100]}" if identifier else None


# ---------------------------------------------------------------- what it states


def _buyer(folder: Element | None) -> Buyer | None:
    party = at(folder, "LocatedContractingParty", "Party")
    name = prose(at(party, "PartyName", "Name"))
    if not name:
        return None
    ids = {id.get("schemeName", ""): text(id) for id in every(party, "PartyIdentification", "ID")}
    id = next((ids[scheme] for scheme in _SCHEMES if ids.get(scheme)), "")
    address = at(party, "PostalAddress")
    place = text(at(address, "CountrySubentityCode")) or text(
        at(address, "Country", "IdentificationCode")
    )
    return Buyer(filters.line(name), id[:100], place[:100])


def _codes(project: Element | None) -> Iterator[Code]:
    for stated in every(project, "RequiredCommodityClassification", "ItemClassificationCode"):
        if code := cpv.normal(text(stated)):
            yield Code(code)


def _place(project: Element | None) -> str:
    """The NUTS code, else the region's name, else the country."""
    site = at(project, "RealizedLocation")
    code = text(at(site, "CountrySubentityCode"))
    if code and regions.place(code):
        return code
    country = text(at(site, "Address", "Country", "IdentificationCode"))
    return (text(at(site, "CountrySubentity")) or code or country)[:100]


def _value(budget: Element | None) -> Value | None:
    """The estimate with all extensions (art. 101 LCSP), else the budget without and with VAT."""
    whole, net, gross = (
        _amount(at(budget, name))
        for name in ("EstimatedOverallContractAmount", "TaxExclusiveAmount", "TotalAmount")
    )
    if whole:
        return Value(whole[0], None, whole[1])
    stated = net or gross
    return Value(net and net[0], gross and gross[0], stated[1]) if stated else None


def _amount(element: Element | None) -> tuple[float, str] | None:
    amount = number(text(element))
    if element is None or not amount or amount < 0:
        return None
    return amount, element.get("currencyID", "EUR")[:3]


def _deadlines(
    process: Element | None, project: Element | None, remarks: list[str]
) -> Iterator[Deadline]:
    periods: tuple[tuple[DeadlineKind, Element | None, str], ...] = (
        ("submission", at(process, "TenderSubmissionDeadlinePeriod"), "End"),
        ("participation", at(process, "ParticipationRequestReceptionPeriod"), "End"),
        ("opening", at(process, "OpenTenderEvent"), "Occurrence"),
        ("contract-start", at(project, "PlannedPeriod"), "Start"),
        ("contract-end", at(project, "PlannedPeriod"), "End"),
    )
    for kind, period, name in periods:
        day = text(at(period, f"{name}Date"))
        time = text(at(period, f"{name}Time")) if kind[:8] != "contract" else ""
        if not day:
            continue
        try:
            # A date may carry the offset of its time: `2026-06-19+02:00`.
            moment, dated = when.instant(f"{day[:10]}T{time}" if time else day[:10], _MADRID)
        except ValueError:
            remarks.append(f"the {kind} date cannot be read: {day[:20]} {time[:20]}".strip())
            continue
        yield Deadline(kind, moment, dated)


def _lot(lot: Element) -> Lot:
    project = at(lot, "ProcurementProject")
    place = _place(project)
    return Lot(
        id=text(at(lot, "ID"))[:100],
        title=filters.line(prose(at(project, "Name"))),
        description=prose(at(project, "Description")),
        value=_value(at(project, "BudgetAmount")),
        cpv=tuple(dict.fromkeys(_codes(project))),
        places=(place,) if place else (),
    )


def _documents(folder: Element | None) -> Iterator[Document]:
    for name in _PAPERS:
        for paper in every(folder, name):
            title = text(at(paper, "ID"))[:200]
            url = filters.link(text(at(paper, "Attachment", "ExternalReference", "URI")))
            if title or url:
                yield Document(title or url[:200], title, url)


# ---------------------------------------------------------------- awards


def _none_awarded(results: list[Element]) -> bool:
    return all(text(at(result, "ResultCode")) in _NO_AWARD for result in results)


def _awards(results: list[Element]) -> tuple[Award, ...]:
    """An award for each lot, or for the whole: a framework has several winners under one lot."""
    found: dict[str, Award] = {}
    for result in results:
        project = at(result, "AwardedTenderedProject")
        lot = text(at(project, "ProcurementProjectLotID"))[:100]
        id = lot or "0"
        winners = [
            filters.line(name)
            for party in every(result, "WinningParty")
            if (name := prose(at(party, "PartyName", "Name")))
        ]
        before = found.get(id)
        fallen = text(at(result, "ResultCode")) in _NO_AWARD
        found[id] = Award(
            id,
            tuple(dict.fromkeys((*(before.suppliers if before else ()), *winners))),
            _price(at(project, "LegalMonetaryTotal")) or (before.value if before else None),
            "unsuccessful" if fallen else "active",
            _signed(at(result, "Contract")),
            (lot,) if lot else (),
        )
    return tuple(found.values())


def _price(total: Element | None) -> Value | None:
    net, gross = _amount(at(total, "TaxExclusiveAmount")), _amount(at(total, "PayableAmount"))
    stated = net or gross
    return Value(net and net[0], gross and gross[0], stated[1]) if stated else None


def _signed(contract: Element | None) -> datetime | None:
    try:
        return when.instant(text(at(contract, "IssueDate"))[:10], _MADRID)[0]
    except ValueError:
        return None
