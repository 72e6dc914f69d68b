"""An eForms notice (UBL, since 2022) into a notice: who it is, what it changes. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.errors import ReadError
from bot.model import Edit, Facts, Notice, Scope
from watchers import _ted, _ted_codes
from watchers._prose import with_spoken
from watchers._ted_codes import Form
from watchers._ted_eforms_facts import (
    EXTENSION,
    Reading,
    awards,
    documents,
    lots,
    parties,
    shared,
    submission,
)
from watchers._ted_eforms_times import deadlines
from watchers._xml import Element, at, every, text, texts

ROOTS = frozenset(
    {
        "ContractNotice",
        "ContractAwardNotice",
        "PriorInformationNotice",
        "BusinessRegistrationInformationNotice",
    }
)


def identity(root: Element) -> tuple[str, str]:
    """The record and the id of a notice; ReadError where it names itself by nothing.

    The record is the procedure (BT-04). A plan has none yet: it is known by its own identifier, a
    change of it by the identifier of the notice that it changes (BT-758).
    """
    own = _ted.uuid(text(root.find("ID")))
    extension = at(root, *EXTENSION)
    number = _ted.publication(text(at(extension, "Publication", "NoticePublicationID")))
    # Notices that are not published yet have no publication number.
    id = number or (f"{own}-{text(root.find('VersionID')) or '01'}" if own else "")
    changed = _changed(extension)
    record = _ted.uuid(text(root.find("ContractFolderID"))) or changed.removeprefix("ted:") or own
    if not (record and id):
        raise ReadError("an eForms notice without an identifier")
    return record, id


def notice(root: Element, record: str, id: str, languages: tuple[str, ...]) -> Notice:
    """The notice of an eForms document, its tags without namespaces. ReadError without a date."""
    extension = at(root, *EXTENSION)
    form, kind = _form(root, extension)
    reading = _reading(root, extension, form, kind, id, languages)
    published = _published(reading)
    changes = at(extension, "Changes")
    if changes is not None:
        form = replace(form, update=True)
    cancels = _cancels(reading, changes)
    facts = _facts(reading)
    if cancels != "tender":
        there = _ted.zone(reading.country())
        facts = with_spoken(facts, published=published, zone=there, stage=form.stage)
    status = form.status
    if form.stage == "award":
        decisions, reasons, whole = reading.decisions()
        status, off = _ted.ended(decisions, reasons, whole=whole)
        cancels = cancels or off
    if cancels == "tender":
        status = "cancelled"
    elif cancels == "lot":
        off_lots = set(_sections(changes))
        named = [
            replace(x, status="cancelled") if x.id in off_lots else x for x in facts.lots or ()
        ]
        facts = replace(facts, lots=tuple(named))
    return Notice(
        record=record,
        id=id,
        published=published,
        kind=kind,
        stage=form.stage,
        update=form.update,
        restates=form.restates,
        status=status,
        cancels=cancels,
        facts=facts,
        edits=_edits(changes),
        words=_words(reading, changes),
        links=_links(reading, record, id),
        remarks=tuple(dict.fromkeys(reading.remarks)),
    )


def _reading(
    root: Element,
    extension: Element | None,
    form: Form,
    kind: str,
    id: str,
    languages: tuple[str, ...],
) -> Reading:
    organisations = {
        text(at(body, "PartyIdentification", "ID")): body
        for organisation in every(extension, "Organizations", "Organization")
        for body in organisation
        if body.tag in ("Company", "TouchPoint")
    }
    parts = [
        lot
        for lot in root.findall("ProcurementProjectLot")
        if (name := lot.find("ID")) is not None and name.get("schemeName") != "LotsGroup"
    ]
    project = root.find("ProcurementProject")
    own = text(root.find("NoticeLanguageCode")).lower()
    return Reading(root, extension, project, parts, organisations, form, kind, id, languages, own)


def _form(root: Element, extension: Element | None) -> tuple[Form, str]:
    """What the notice is, by its form type, and its subtype (OPP-070), `16` or `CEI`."""
    code = root.find("NoticeTypeCode")
    kind = text(at(extension, "NoticeSubType", "SubTypeCode"))
    form = _ted_codes.FORMS.get(code.get("listName", "") if code is not None else "")
    # Some senders write the list `change` there, so the subtype decides.
    return form or _by_subtype(kind, root), kind or text(code) or root.tag


def _by_subtype(kind: str, root: Element) -> Form:
    if kind.isdigit():
        bounds = ((9, _ted_codes.PLANNING), (24, _ted_codes.COMPETITION), (37, _ted_codes.RESULT))
        return next((form for last, form in bounds if int(kind) <= last), _ted_codes.MODIFICATION)
    by_code = {
        "CEI": _ted_codes.COMPETITION,
        "E3": _ted_codes.COMPETITION,
        "E4": _ted_codes.RESULT,
        "E5": _ted_codes.COMPLETION,
        "T02": _ted_codes.RESULT,
    }
    by_root = {"ContractNotice": _ted_codes.COMPETITION, "ContractAwardNotice": _ted_codes.RESULT}
    return by_code.get(kind) or by_root.get(root.tag) or _ted_codes.PLANNING


def _published(reading: Reading) -> datetime:
    stated = text(at(reading.extension, "Publication", "PublicationDate"))
    try:
        if stated:
            return _ted.published(stated)
        reading.remarks.append("not published in the journal: the date is that of its dispatch")
        issued = text(reading.root.find("IssueDate")), text(reading.root.find("IssueTime"))
        return _ted.moment(*issued, _ted.BRUSSELS)[0]
    except ValueError as error:
        raise ReadError(f"no publication date: {error}") from None


def _facts(reading: Reading) -> Facts:
    who = parties(reading)
    whole = shared(reading, who)
    named = lots(reading)
    return Facts(
        title=whole.title or None,
        description=whole.description or None,
        buyers=who or None,
        cpv=whole.cpv or None,
        places=whole.places or None,
        value=whole.value or _ted.total([lot.value for lot in named]),
        procedure=_procedure(reading),
        sme=whole.sme,
        deadlines=tuple(deadlines(reading)),
        lots=named or None,
        documents=documents(reading) or None,
        submission=submission(reading) or None,
        awards=awards(reading),
        url=_ted.page(_ted.publication(reading.id), reading.languages),
    )


def _procedure(reading: Reading) -> str | None:
    code = text(at(reading.root, "TenderingProcess", "ProcedureCode"))
    return _ted_codes.PROCEDURES.get(code, code) or None


# ---------------------------------------------------------------- changes


def _changed(extension: Element | None) -> str:
    return _ted.link(text(at(extension, "Changes", "ChangedNoticeIdentifier")))


def _sections(changes: Element | None) -> list[str]:
    """BT-13716: what was changed, `PROCEDURE` or `LOT-0001`; it stands in one of two places."""
    return [
        *texts(every(changes, "Change", "ChangedSection", "ChangedSectionIdentifier")),
        *texts(every(changes, "Change", "ChangedSectionIdentifier")),
    ]


def _codes(changes: Element | None) -> list[str]:
    return texts(every(changes, "ChangeReason", "ReasonCode"))


def _cancels(reading: Reading, changes: Element | None) -> Scope | None:
    """What a change with the reason `cancel` calls off: the lots that it names, else the whole."""
    if "cancel" not in _codes(changes) or reading.form.stage == "contract":
        return None
    if reading.form.stage == "award":
        return "award"
    known = {text(lot.find("ID")) for lot in reading.lots}
    named = set(_sections(changes))
    return "lot" if named and named < known else "tender"


def _edits(changes: Element | None) -> tuple[Edit, ...]:
    """BT-719: the day on which the procurement documents were changed; what in them is not said."""
    days = texts(every(changes, "Change", "ProcurementDocumentsChangeDate"))
    return (Edit("documents", None, f"changed on {max(days)[:10]}"),) if days else ()


def _words(reading: Reading, changes: Element | None) -> str:
    """The buyer's explanation: of the change (BT-141, BT-762), of the contract's modification."""
    modified = at(reading.extension, "ContractModification")
    found = []
    for block in (changes, modified):
        for change in every(block, "Change"):
            found.append(reading.said(change.findall("ChangeDescription")))
        found.append(reading.said(every(block, "ChangeReason", "ReasonDescription")))
    return _ted.explained(_codes(changes), found)


def _links(reading: Reading, record: str, id: str) -> tuple[str, ...]:
    """Notices that this one changes, modifies or follows (BT-758, BT-1501, BT-125)."""
    extension = reading.extension
    stated = [
        text(at(extension, "Changes", "ChangedNoticeIdentifier")),
        text(at(extension, "ContractModification", "ChangedNoticeIdentifier")),
        *texts(every(reading.root, "TenderingProcess", "NoticeDocumentReference", "ID")),
    ]
    for lot in reading.lots:
        stated += texts(every(lot, "TenderingProcess", "NoticeDocumentReference", "ID"))
    own = {record, f"ted:{record}", f"ted:{id}"}
    return tuple(dict.fromkeys(x for x in map(_ted.link, stated) if x and x not in own))
