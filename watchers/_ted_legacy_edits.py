"""What a corrigendum (F14) in TED's own schema says was changed, and in what words. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.model import Deadline, DeadlineKind, Edit, Stage
from watchers import _ted
from watchers._ocds_edits import field, section
from watchers._ted_legacy_facts import Reading, money
from watchers._ted_legacy_times import limit_kind, moment
from watchers._xml import Element, at, every, prose, text

# LOT_NO is typed by hand: "2", "Lot 2", "Lot 1 and 2", "All lots".
_LOT = re.compile(r"(?:lot\s*)?(?:n[o°º]\s*)?(?P<id>\d[\w.-]{0,20})", re.IGNORECASE)
# The schema has no place for a cancellation: only a plain sentence about the whole counts.
_CALLED_OFF = re.compile(
    r"\b(?:(?:procurement|tender(?:ing)?|award)?\s*procedure|competition|(?:call for )?tenders?"
    r"|contract notice)\s+(?:is|was|has been|is being)\s+(?:hereby\s+)?"
    r"(?:cancelled|canceled|withdrawn|discontinued|annulled|abandoned)\b",
    re.IGNORECASE,
)
_LOTS = re.compile(r"\blots?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


def corrected(form: Element) -> Stage:
    """Which notice a corrigendum corrects: its sections V and VII stand in no contract notice."""
    for change in every(form, "CHANGES", "CHANGE"):
        head = section(text(at(change, "WHERE", "SECTION"))).partition(".")[0]
        if head in ("V", "VII"):
            return "award" if head == "V" else "contract"
    return "tender"


def edits(reading: Reading) -> tuple[Edit, ...]:
    """The lines of a corrigendum, each once: what was, and what is now; a contract's new value."""
    found: dict[tuple[str, str | None, str | None, str | None], Edit] = {}
    for info in every(reading.form, "MODIFICATIONS_CONTRACT", "INFO_MODIFICATIONS"):
        was, now = (
            _ted.figure(next(map(money, info.iter(f"VAL_TOTAL_{side}")), None))
            for side in ("BEFORE", "AFTER")
        )
        if now:
            edit = Edit("value", was, now, label="VII.2.3")
            found[(edit.field, edit.was, edit.now, None)] = edit
    for change in every(reading.form, "CHANGES", "CHANGE"):
        edit = _edit(reading, change)
        found.setdefault((edit.field, edit.was, edit.now, edit.lot), edit)
    return tuple(found.values())


def explained(form: Element) -> str:
    """The buyer's own words: on a corrigendum, on the modification of a contract."""
    path = ("MODIFICATIONS_CONTRACT", "INFO_MODIFICATIONS")
    said = [
        prose(at(form, "CHANGES", "INFO_ADD")),
        prose(at(form, *path, "SHORT_DESCR")),
        *(
            prose(each)
            for tag in ("ADDITIONAL_NEED", "UNFORESEEN_CIRCUMSTANCE")
            for each in every(form, *path, tag)
        ),
    ]
    return "\n".join(dict.fromkeys(part for part in said if part))


def called_off(reading: Reading) -> bool:
    """Whether a corrigendum of a tender says plainly that the procedure is cancelled.

    One that also moves a date does not end anything, whatever it says beside that.
    """
    if reading.stage != "tender" or any(edit.deadline for edit in edits(reading)):
        return False
    texts = [explained(reading.form)]
    texts += [prose(x) for x in every(reading.form, "CHANGES", "CHANGE", "NEW_VALUE", "TEXT")]
    sentences = (part for said in texts for part in _SENTENCE.split(said))
    return any(_CALLED_OFF.search(part) and not _LOTS.search(part) for part in sentences)


def _edit(reading: Reading, change: Element) -> Edit:
    where = change.find("WHERE")
    label, written = text(at(where, "LABEL")), text(at(where, "SECTION"))
    number = section(written)
    match = _LOT.fullmatch(text(at(where, "LOT_NO")))
    lot = match["id"] if match else None
    name = field(number, label, lot)
    kind: DeadlineKind | None = {"submission": limit_kind(reading), "opening": "opening"}.get(name)
    was, _ = _side(reading, change.find("OLD_VALUE"), kind)
    now, deadline = _side(reading, change.find("NEW_VALUE"), kind)
    if deadline is not None and lot:
        deadline = replace(deadline, lot=lot)
    return Edit(kind or name, was, now, deadline, lot, f"{written} {label}".strip())


def _side(
    reading: Reading, value: Element | None, kind: DeadlineKind | None
) -> tuple[str | None, Deadline | None]:
    """A side of a line as it is told; where the section is a time limit, with its deadline."""
    day, time = text(at(value, "DATE")), text(at(value, "TIME"))
    if day and kind and (read := moment(reading, kind, day, time)):
        at_, dated = read
        return (day if dated else f"{at_:%Y-%m-%dT%H:%M:%SZ}"), Deadline(kind, at_, dated)
    codes = [] if value is None else [each.get("CODE", "") for each in value.iter("CPV_CODE")]
    written = (f"{day} {time}".strip(), ", ".join(filter(None, codes)), prose(at(value, "TEXT")))
    return next(filter(None, written), None), None
