"""What a notice itself says was changed: the buyer's words, a corrigendum's lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.model import PROPOSED, Deadline, DeadlineKind, Edit
from watchers._ocds_deadlines import moment
from watchers._ocds_facts import Reading
from watchers._ocds_facts import value as amount
from watchers._take import Json, obj, rows, text, texts

# Sections of the legacy standard forms (Regulation (EU) 2015/1986), the longest that fits decides.
_SECTIONS = {
    "I.1": "contact",
    "I.3": "submission-address",
    "I": "buyer",
    "II.1.1": "title",
    "II.1.2": "cpv",
    "II.1.5": "value",
    "II.1.6": "lot-text",
    "II.1.7": "value",
    "II.2.1": "lot-text",
    "II.2.2": "cpv",
    "II.2.3": "region",
    "II.2.5": "award-criteria",
    "II.2.6": "value",
    "III": "suitability",
    "IV.1": "procedure",
    "IV.2.2": "submission",
    "IV.2.7": "opening",
    "V.2.1": "signed",
    "V.2.3": "supplier",
    "V.2.4": "value",
}
_LABELS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"opening of (?:the )?tenders", re.IGNORECASE), "opening"),
    (re.compile(r"time limit|receipt of tenders|requests to participate", re.I), "submission"),
    (re.compile(r"\bvalue\b", re.IGNORECASE), "value"),
)
# 1 and l are typed for I ("11.2.6", "V11.1.2.1"), a digit for the whole numeral ("4.2.2").
_NUMERALS = {"2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI", "7": "VII"}
_LIMIT = re.compile(r"\s*[)\]]\s*$|\s+")
_DATE = re.compile(
    r"\b(?:(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})|(?P<iso>\d{4}-\d\d-\d\d))\b"
    r"(?:\D{0,24}?\b(?P<h>\d{1,2}):(?P<min>\d\d)\b)?"
)
# `relatedLot` is typed by hand: "all", "Award of Contract", "Lot 2".
_LOT = re.compile(r"(?:lots?\s*)?(?P<id>(?!all\b|n/?a\b|none\b)[\w-]{1,20})", re.IGNORECASE)
_REASON = re.compile(
    r"NOTE: This notice was updated on .{1,40}? for the following reason:\s*(?P<why>[^\r\n]+)"
)


def words(reading: Reading) -> str:
    """The buyer's own explanation: of the amendment, of a contract's change, of a termination."""
    found = [*_explained(reading)]
    if not found:
        # Contracts Finder has no place for a reason: it is put before the description.
        head = reading.words(reading.tender.get("description"))[:2000]
        if match := _REASON.match(head):
            found = [match["why"].strip()]
    return "\n".join(dict.fromkeys(found))


def edits(reading: Reading) -> tuple[Edit, ...]:
    """The lines of a legacy corrigendum; for a dynamic market, who came in and who went out."""
    if reading.kind.name == "UK15":
        return tuple(_members(reading))
    if reading.kind.name == "UK10":
        return tuple(_contract_changes(reading))
    if not reading.kind.corrigendum:
        return ()
    found: dict[tuple[str, str | None, str | None, str | None], Edit] = {}
    for amendment in rows(reading.tender.get("amendments")):
        for change in rows(amendment.get("unstructuredChanges")):
            edit = _edit(reading, change)
            found.setdefault((edit.field, edit.was, edit.now, edit.lot), edit)
    return tuple(found.values())


def section(written: str) -> str:
    """A section number as the forms print it: `IV.2.2)` and `1V.2.2` are `IV.2.2`."""
    head, dot, rest = _LIMIT.sub("", written).upper().partition(".")
    roman = _NUMERALS.get(head) or head.replace("1", "I").replace("L", "I").replace("|", "I")
    return f"{roman}{dot}{rest}"


def field(number: str, label: str, lot: str | None) -> str:
    """The name of `Change.field` for a section; what no name fits is part of the description."""
    parts = number.split(".")
    tries = (".".join(parts[:size]) for size in range(min(len(parts), 3), 0, -1))
    by_label = (name for pattern, name in _LABELS if pattern.search(label))
    by_section = (_SECTIONS[key] for key in tries if key in _SECTIONS)
    name = next(by_label, None) or next(by_section, "description")
    return "lot-value" if name == "value" and lot else name


def _explained(reading: Reading) -> Iterable[str]:
    for amendment in rows(reading.tender.get("amendments")):
        # The amendment of a Procurement Act notice carries the notice's id; legacy ones count up.
        if reading.kind.corrigendum or text(amendment.get("id")) == reading.id:
            yield from _said(amendment)
    ended = reading.kind.cancels is not None
    for holder in (*reading.contracts, *reading.awards):
        for name in ("amendments", "proposedAmendments"):
            for amendment in rows(holder.get(name)):
                yield from _said(amendment)
        # A legacy award gives a code there ("discontinued"), with no blank in it.
        if ended and " " in (why := text(holder.get("statusDetails"))):
            yield why


def _said(amendment: Json) -> Iterable[str]:
    for name in ("description", "rationale"):
        if said := text(amendment.get(name)):
            yield said


def _contract_changes(reading: Reading) -> Iterable[Edit]:
    """What a UK10 changes in a contract. Its value may be the increment or the new total."""
    for contract in reading.contracts:
        for name, label in (("amendments", ""), ("proposedAmendments", PROPOSED)):
            for amendment in rows(contract.get(name)):
                yield from _contract_change(reading, amendment, label)


def _contract_change(reading: Reading, amendment: Json, label: str) -> Iterable[Edit]:
    if price := amount(amendment.get("value"), reading.dialect):
        figure = f"{price.amount:.2f}".rstrip("0").rstrip(".")
        yield Edit("value", None, f"{figure} {price.currency}", label=label)
    period = obj(amendment.get("period"))
    read = moment(reading, period.get("endDate"), "contract-end")
    if read:
        at, dated = read
        ends = None if label else Deadline("contract-end", at, dated)
        yield Edit("contract-end", None, _told(reading, at, dated), ends, label=label)
    read = moment(reading, period.get("maxExtentDate"), "contract-end")
    if read:
        yield Edit("contract-extension", None, _told(reading, *read), label=label)


def _told(reading: Reading, at: datetime, dated: bool) -> str:
    local = at.astimezone(reading.dialect.zone)
    return f"{local:%Y-%m-%d}" if dated else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _members(reading: Reading) -> Iterable[Edit]:
    for party in rows(reading.release.get("parties")):
        name, roles = reading.words(party.get("name")), texts(party.get("roles"))
        if name and "removedSupplier" in roles:
            yield Edit("supplier", name, None)
        elif name and "supplier" in roles:
            yield Edit("supplier", None, name)


def _edit(reading: Reading, change: Json) -> Edit:
    where = obj(change.get("where"))
    label = text(where.get("label"))
    number = section(text(where.get("section")))
    match = _LOT.fullmatch(text(change.get("relatedLot")))
    lot = match["id"] if match else None
    name = field(number, label, lot)
    was, _ = _side(reading, change.get("oldValue"), name)
    now, deadline = _side(reading, change.get("newValue"), name)
    if deadline is not None and lot:
        deadline = Deadline(deadline.kind, deadline.at, deadline.dated, lot=lot)
    if name == "submission" and deadline is not None:
        name = deadline.kind
    return Edit(name, was, now, deadline, lot, f"{number} {label}".strip())


def _side(reading: Reading, value: Any, name: str) -> tuple[str | None, Deadline | None]:
    """A side of a line as it is told; where the section is a time limit, with its deadline."""
    stated = obj(value)
    written = text(stated.get("date")) or text(stated.get("text"))
    kind: DeadlineKind
    if name == "opening":
        kind = "opening"
    elif name == "submission":
        # An intention to award keeps its standstill in the section of the time limit.
        kind = "standstill" if reading.kind.stage == "award" else "submission"
    else:
        return written or None, None
    read = moment(reading, written if stated.get("date") else _date(written), kind)
    if read is None:
        return written or None, None
    at, dated = read
    return _told(reading, at, dated), Deadline(kind, at, dated)


def _date(written: str) -> str:
    """The one date that a text states, as ISO 8601; empty where it states none, or several."""
    found = [*_DATE.finditer(written)]
    if len(found) != 1:
        return ""
    match = found[0]
    day = match["iso"] or f"{match['y']}-{match['m']:0>2}-{match['d']:0>2}"
    return f"{day}T{match['h']:0>2}:{match['min']}:00" if match["h"] else day
