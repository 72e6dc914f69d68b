"""An OCDS release into a notice: who it is, what it states, what it changes. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from bot.contract import Fault, Found
from bot.errors import ReadError
from bot.model import Deadline, Edit, Facts, Notice
from watchers import _json
from watchers._ocds_claims import claimed
from watchers._ocds_deadlines import deadlines, extensions, signature, stamp
from watchers._ocds_edits import edits, words
from watchers._ocds_facts import (
    Dialect,
    Reading,
    awards,
    buyers,
    documents,
    estimate,
    lots,
    scopes,
    suitable,
)
from watchers._ocds_kind import COMPILED, Kind, kind
from watchers._ocds_terms import contact, criteria, engagement
from watchers._prose import spoken
from watchers._take import Json, obj, rows, text, texts

# A release opens with simple members, both identifiers among them: read without decoding the rest.
_HEAD = re.compile(
    rb'\s*+\{\s*+(?:(?:"ocid"\s*+:\s*+"(?P<ocid>[^"\\]*+)"|"id"\s*+:\s*+"(?P<id>[^"\\]*+)"'
    rb'|"\w++"\s*+:\s*+(?:"[^"\\]*+"|\[[^\[\]{}]*+\]))\s*+,\s*+)*+'
)
_ID = re.compile(rb'"id"\s*:\s*"([\w-]{4,80})"')
_LONGEST = 200  # characters of an identifier; both portals stay below 80
_PENDING = re.compile(r"\s*-\s*$")


class _Head(msgspec.Struct):
    ocid: Any = None
    id: Any = None


_HEADS = msgspec.json.Decoder(_Head)


def found(piece: _json.Raw, dialect: Dialect, *, doubtful: bool = False) -> Found | Fault:
    """A release identified but not decoded; a doubtful one is proved to be readable first."""
    try:
        if doubtful and not _json.sound(piece):
            _json.decode(piece)
        record, id = dialect.identify(piece) if dialect.identify else _identity(piece, dialect)
    except ReadError as error:
        match = _ID.search(bytes(piece)[: _json.KEPT])
        id = match[1].decode() if match else hashlib.sha256(piece).hexdigest()[:16]
        return Fault(id, str(error), _json.shown(piece))
    return Found(record, id, partial(_load, piece, record, id, dialect))


def collect(package: _json.Split, dialect: Dialect) -> tuple[tuple[Found, ...], tuple[Fault, ...]]:
    """The releases of a page, each once, and those that cannot be told."""
    seen: dict[tuple[str, str], Found] = {}
    faults = {fault.id: fault for fault in package.faults}
    for piece in package.pieces:
        one = found(piece, dialect, doubtful=package.doubtful)
        if isinstance(one, Fault):
            faults.setdefault(one.id, one)
        else:
            # Find a Tender itself repeats releases byte by byte (44 of 1,702).
            seen.setdefault((one.record, one.id), one)
    return tuple(seen.values()), tuple(faults.values())


def notice(release: Json, record: str, id: str, dialect: Dialect, remarks: list[str]) -> Notice:
    """The notice of a release. ReadError where it has no publication date at all."""
    own = dialect.own(release)
    tender = obj(release.get("tender"))
    # What a compiled release says of its last notice stands under that notice's own id.
    said = COMPILED in texts(release.get("tag")) and text(own.get("id"))
    means = claimed(kind(release, own, dialect.listed(release)), release, said or id)
    reading = Reading(
        release=release,
        planning=obj(release.get("planning")),
        tender=tender,
        lots=rows(tender.get("lots")),
        awards=rows(release.get("awards")),
        contracts=rows(release.get("contracts")),
        kind=means,
        id=said or id,
        page=dialect.page(said or id, own),
        dialect=dialect,
        remarks=remarks,
    )
    published = _published(reading, own)
    lines = edits(reading)
    facts, pages = _facts(reading, own, lines, published)
    return Notice(
        record=record,
        id=id,
        published=published,
        kind=reading.kind.name,
        stage=reading.kind.stage,
        update=reading.kind.update or _edited(reading),
        restates=reading.kind.restates,
        status=reading.kind.status,
        cancels=reading.kind.cancels,
        facts=facts,
        edits=lines,
        words=words(reading),
        links=_links(reading, pages),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _load(piece: _json.Raw, record: str, id: str, dialect: Dialect) -> Notice:
    value, remarks = _json.decode(piece)
    release = obj(value)
    if dialect.prepare:
        dialect.prepare(release)
    try:
        return notice(release, record, id, dialect, remarks)
    except ReadError as error:
        raise ReadError(str(error), raw=_json.shown(piece)) from None


# ---------------------------------------------------------------- identity


def _identity(piece: _json.Raw, dialect: Dialect) -> tuple[str, str]:
    match = _HEAD.match(piece)
    ocid, id = match.group("ocid", "id") if match else (None, None)
    if ocid and id:
        stated = str(id, "utf-8", "replace")
        return record_id(str(ocid, "utf-8", "replace")), notice_id(dialect.name(stated))
    try:
        head = _HEADS.decode(piece)
        release: Json = {"ocid": head.ocid, "id": head.id}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        release = {}
    if not text(release.get("id")):
        value, _ = _json.decode(piece)
        if type(value) is not dict:
            raise ReadError(f"no release but {type(value).__name__}")
        release = value
    id = dialect.name(text(release.get("id"))) or dialect.unnamed(release)
    return record_id(text(release.get("ocid"))), notice_id(id)


def record_id(ocid: str) -> str:
    """An ocid that can be kept; ReadError."""
    ocid = ocid.strip()
    # Contracts Finder has published releases whose ocid is its bare prefix, `ocds-b5fd17-`.
    if not ocid or ocid.endswith("-") or len(ocid) > _LONGEST:
        raise ReadError(f"no usable ocid: {ocid[:40]!r}")
    return ocid


def notice_id(id: str) -> str:
    """An id that can be kept, empty where there is none; ReadError."""
    if len(id) > _LONGEST:
        raise ReadError(f"no usable id: {id[:40]!r}")
    return id.strip()


def _published(reading: Reading, own: Json) -> datetime:
    for stated in (reading.release.get("date"), own.get("datePublished")):
        if at := stamp(reading, stated):
            return at
    for row in _papers(reading):
        at = stamp(reading, row.get("dateModified")) or stamp(reading, row.get("datePublished"))
        if at and text(row.get("url")) == reading.page:
            return at
    raise ReadError(f"no publication date: {text(reading.release.get('date'))[:40]!r}")


# ---------------------------------------------------------------- what it states


def _facts(
    reading: Reading, own: Json, lines: tuple[Edit, ...], published: datetime
) -> tuple[Facts, tuple[str, ...]]:
    release, says = reading.release, reading.words
    get, full = reading.tender.get, reading.kind.restates
    whole, per_lot = scopes(reading)
    sme, vcse = suitable(reading)
    who = buyers(release)
    offered, pages = documents(reading, partial(stamp, reading))
    named = lots(reading, per_lot, criteria)
    # Where no delivery address is stated, the buyer's seat is the best known (18% of UK4).
    places = tuple(whole.places) or tuple(dict.fromkeys([b.place for b in who if b.place]))
    page = reading.page or _address(own.get("url"))
    if page is None and pages:
        pages, page = pages[:-1], pages[-1]
    return Facts(
        title=says(get("title")) or says(release.get("title")) or None,
        description=says(get("description")) or None,
        buyers=who or None,
        cpv=whole.cpv() if full else whole.cpv() or None,
        places=places or None,
        value=estimate(reading),
        procedure=_procedure(says(get("procurementMethodDetails")), text(get("procurementMethod"))),
        sme=sme,
        vcse=vcse,
        deadlines=_dates(reading, lines, published),
        lots=named or None,
        documents=offered if full else offered or None,
        submission=says(get("submissionMethodDetails")) or None,
        contact=contact(reading) or None,
        engagement=engagement(reading) or None,
        extensions=extensions(reading) or None,
        awards=awards(reading, partial(signature, reading)),
        url=page or _address(release.get("uri")),
    ), pages


def _address(stated: Any) -> str | None:
    """A page for people; an address of another kind opens nothing."""
    url = text(stated)
    return url if url.startswith(("https://", "http://")) else None


def _dates(reading: Reading, lines: tuple[Edit, ...], published: datetime) -> tuple[Deadline, ...]:
    """The deadlines that fields state, and of a live notice those that only its texts do.

    A stub may repeat the text of the notice that it corrects, with the dates that it replaces.
    """
    stated, kind = _in_force(reading, lines), reading.kind
    if kind.cancels or not kind.restates or COMPILED in texts(reading.release.get("tag")):
        return stated
    zone, stage = reading.dialect.zone, kind.stage
    # A description is often left as it was when a date in it is moved.
    for said in ([words(reading)], _said(reading)):
        stated += spoken(stated, said, published=published, zone=zone, stage=stage)
    return stated


def _said(reading: Reading) -> Iterator[str]:
    """The texts in which a buyer says what to do by when."""
    yield reading.words(reading.tender.get("description"))
    yield reading.words(reading.release.get("description"))
    yield reading.words(reading.tender.get("submissionMethodDetails"))
    for milestone in rows(reading.planning.get("milestones")):
        if milestone.get("status") != "met":
            yield reading.words(milestone.get("description"))


def _in_force(reading: Reading, lines: tuple[Edit, ...]) -> tuple[Deadline, ...]:
    """The deadlines of a notice; of a corrigendum that states them, those that no line moves.

    One without a tender period states none of its own.
    """
    if not reading.kind.corrigendum:
        return deadlines(reading)
    if not reading.tender.get("tenderPeriod"):
        return ()
    moved = {line.deadline.kind for line in lines if line.deadline}
    return tuple([one for one in deadlines(reading) if one.kind not in moved])


def _procedure(details: str, method: str) -> str | None:
    """The words for the procedure; the placeholder "Other - " says nothing."""
    said = _PENDING.sub("", details)
    return method or None if said in ("", "Other", "Not specified") else said


def _links(reading: Reading, pages: tuple[str, ...]) -> tuple[str, ...]:
    """Where the same procurement is published elsewhere.

    A framework is another procurement than its call-offs, so that relation is left out.
    """
    found = [
        text(link.get("href"))
        for link in rows(reading.release.get("links"))
        if link.get("rel") == "canonical"
    ]
    for process in rows(reading.release.get("relatedProcesses")):
        if "framework" not in texts(process.get("relationship")):
            found.append(text(process.get("identifier")) or text(process.get("uri")))
    tidy = reading.dialect.link
    return tuple(dict.fromkeys([tidy(link) for link in (*found, *pages) if link]))


# ---------------------------------------------------------------- hidden edits


def _edited(reading: Reading) -> bool:
    """Contracts Finder edits in place: 3 of 10 edited tenders still carry the tag `tender`.

    The notice's own page then has `dateModified`, or, under planning and tender, a later number.
    """
    page = reading.page
    if reading.kind.name.startswith("UK"):
        return False
    for row in _papers(reading):
        if row.get("noticeType") or not page or text(row.get("url")) != page:
            continue
        number = text(row.get("id"))
        if row.get("dateModified") or (
            reading.kind.stage in ("planning", "tender") and number.isdigit() and number != "1"
        ):
            return True
    return False


def _papers(reading: Reading) -> list[Json]:
    holders = (reading.planning, reading.tender, *reading.awards)
    return [row for holder in holders for row in rows(holder.get("documents"))]


__all__ = ["Dialect", "Kind", "collect", "found", "notice", "notice_id", "record_id"]
