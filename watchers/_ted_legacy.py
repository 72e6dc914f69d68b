"""A notice in TED's own schema (TED_EXPORT, to 2024): who it is, what it means. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ReadError
from bot.model import Edit, Facts, Notice, Scope, Status
from watchers import _ted, _ted_codes
from watchers._prose import with_spoken
from watchers._ted_codes import Form
from watchers._ted_legacy_edits import called_off, corrected, edits, explained
from watchers._ted_legacy_facts import (
    Reading,
    buyers,
    codes,
    description,
    documents,
    estimate,
    lots,
    places,
    title,
)
from watchers._ted_legacy_results import awards, decisions
from watchers._ted_legacy_times import deadlines
from watchers._xml import Element, at, every, text, texts

ROOT = "TED_EXPORT"
_CODED = "CODED_DATA_SECTION"
_DOCUMENT = (_CODED, "CODIF_DATA", "TD_DOCUMENT_TYPE")

CORRIGENDUM = Form("tender", None, False, update=True)
# TD_DOCUMENT_TYPE: the kind of document as the journal codes it, whatever the form.
_MEANS: dict[Form, str] = {
    # prior information, general information, buyer profile, periodic and qualification system
    # without a call for competition
    _ted_codes.PLANNING: "0 6 B P Q",
    # contract notices, prequalification, proposals, concessions, design contests, subcontracts,
    # expressions of interest, dynamic systems, and plans that call for competition
    _ted_codes.COMPETITION: "3 4 5 A C D E F G H I M O Y",
    _ted_codes.RESULT: "7 J R V",
    _ted_codes.MODIFICATION: "K",
    CORRIGENDUM: "1 2",
}
_FORMS = {code: form for form, written in _MEANS.items() for code in written.split()}


def identity(root: Element) -> tuple[str, str]:
    """The record and the id of a notice; ReadError where it has no publication number.

    The schema knows no procedure. A notice that plans or calls is a record of its own; one that
    corrects, awards or modifies belongs to the notice that it names.
    """
    id = _number(root)
    if not id:
        raise ReadError("a TED notice without a publication number")
    named = [] if _means(root).restates else _named(root, id)
    return (named[0] if named else id), id


def notice(root: Element, record: str, id: str, languages: tuple[str, ...]) -> Notice:
    """The notice of a TED document, its tags without namespaces. ReadError without a date."""
    means, form = _means(root), _chosen(root, languages)
    kind = form.get("FORM") or form.tag
    stage = means.stage if means is not CORRIGENDUM else corrected(form)
    reading = Reading(root, at(root, _CODED), form, kind, stage, id, languages)
    status, cancels = _outcome(reading, means)
    lines = edits(reading)
    published = _published(reading)
    facts = _facts(reading, lines)
    if means.restates and status != "cancelled":
        there = _ted.zone(reading.country())
        facts = with_spoken(facts, published=published, zone=there, stage=stage)
    return Notice(
        record=record,
        id=id,
        published=published,
        kind=kind,
        stage=stage,
        update=means.update,
        restates=means.restates,
        status=status,
        cancels=cancels,
        facts=facts,
        edits=lines,
        words=explained(form),
        # The notice that gives the record its name may itself belong to another's: a corrigendum or
        # a modification that names an award is then joined to the call of that award.
        links=tuple(f"ted:{name}" for name in _named(root, id)),
        remarks=tuple(dict.fromkeys(reading.remarks)),
    )


# ---------------------------------------------------------------- identity


def _number(root: Element) -> str:
    return _ted.publication(root.get("DOC_ID", "")) or _ted.publication(
        text(at(root, _CODED, "NOTICE_DATA", "NO_DOC_OJS"))
    )


def _named(root: Element, id: str) -> list[str]:
    """The earlier notices that this one names, the form's own reference first, then the latest."""
    form = [text(each) for each in root.iter("NOTICE_NUMBER_OJ")]
    coded = texts(every(root, _CODED, "NOTICE_DATA", "REF_NOTICE", "NO_DOC_OJS"))
    first = [name for name in map(_ted.publication, form) if name and name != id]
    rest = {name for name in map(_ted.publication, coded) if name and name != id}
    return list(dict.fromkeys([*first, *sorted(rest, key=_issued, reverse=True)]))


def _issued(name: str) -> tuple[int, int]:
    number, _, year = name.partition("-")
    return int(year), int(number)


def _means(root: Element) -> Form:
    """What the document is; the form's own name decides where the journal's code is unknown."""
    coded = at(root, *_DOCUMENT)
    code = coded.get("CODE", "") if coded is not None else ""
    if any(form.tag.startswith("F14") for form in every(root, "FORM_SECTION", "*")):
        return CORRIGENDUM
    return _FORMS.get(code, _ted_codes.PLANNING)


def _chosen(root: Element, languages: tuple[str, ...]) -> Element:
    """The form in the language wanted most, else in the original one."""
    forms: dict[str, Element] = {}
    for form in every(root, "FORM_SECTION", "*"):
        forms.setdefault(_ted.code(form.get("LG", "")), form)
        if form.get("CATEGORY") == "ORIGINAL":
            forms.setdefault("original", form)
    for name in (*languages, "original", *forms):
        if name in forms:
            return forms[name]
    raise ReadError("a TED notice without a form")


def _published(reading: Reading) -> datetime:
    stated = text(at(reading.coded, "REF_OJS", "DATE_PUB"))
    try:
        return _ted.published(stated)
    except ValueError as error:
        raise ReadError(f"no publication date: {error}") from None


# ---------------------------------------------------------------- what it states


def _facts(reading: Reading, lines: tuple[Edit, ...]) -> Facts:
    who = buyers(reading)
    # A corrigendum's own line says more than the journal's code of the same limit.
    moved = {line.deadline.kind for line in lines if line.deadline}
    stub = reading.stage in ("award", "contract") or reading.corrects
    named = lots(reading)
    found = codes(reading)
    return Facts(
        title=title(reading) or None,
        description=description(reading) or None,
        buyers=who or None,
        cpv=found or (None if stub else ()),
        places=places(reading, who) or None,
        value=estimate(reading) or _ted.total([lot.value for lot in named]),
        procedure=reading.procedure() or None,
        deadlines=tuple(limit for limit in deadlines(reading) if limit.kind not in moved),
        lots=named or None,
        documents=documents(reading) or None,
        submission=text(at(reading.form, "CONTRACTING_BODY", "URL_PARTICIPATION")) or None,
        awards=awards(reading),
        url=_ted.page(reading.id, reading.languages),
    )


def _outcome(reading: Reading, means: Form) -> tuple[Status | None, Scope | None]:
    if reading.corrects:
        # Only a corrigendum of a tender can call the tender off.
        return ("cancelled", "tender") if called_off(reading) else (None, None)
    if means is _ted_codes.RESULT:
        found, reasons, whole = decisions(reading, lots(reading))
        return _ted.ended(found, reasons, whole=whole)
    return means.status, None
