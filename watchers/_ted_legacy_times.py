"""The deadlines of a notice in TED's own schema, of its form and of the journal. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.model import DEADLINE_KINDS, Deadline, DeadlineKind
from watchers import _ted
from watchers._ted_legacy_facts import Reading, lot_name
from watchers._xml import Element, at, text

# PR_PROC of procedures in which IV.2.2 is the time limit of requests to participate: restricted,
# accelerated, negotiated, with negotiation, dialogue, partnership.
_TWO_STAGES = frozenset("2346BCG")
# TD_DOCUMENT_TYPE of plans and qualification systems that call for expressions of interest.
_INTEREST = frozenset("AIMOQ")
_TERMS: tuple[tuple[DeadlineKind, tuple[str, ...], str, str], ...] = (
    ("opening", ("OPENING_CONDITION",), "DATE_OPENING_TENDERS", "TIME_OPENING_TENDERS"),
    ("award", (), "DATE_AWARD_SCHEDULED", ""),
)


def deadlines(reading: Reading) -> Iterator[Deadline]:
    """Every deadline, in the order of their consequence; those of a plan are forecasts.

    Award and contract notices repeat the tender's dates as history: only the contract's are read.
    """
    stated: dict[DeadlineKind, list[_ted.Dated]] = {}
    for kind, lot, day, time in _stated(reading):
        if found := moment(reading, kind, day, time):
            stated.setdefault(kind, []).append((lot, *found))
    kind = limit_kind(reading)
    if reading.stage in ("planning", "tender") and (limit := _limit(reading, kind)):
        stated[kind] = [(None, *limit)]
    for kind in DEADLINE_KINDS:
        firm = kind != "expected-notice" and reading.stage != "planning"
        yield from _ted.by_lot(kind, stated.get(kind, ()), firm=firm)


def limit_kind(reading: Reading) -> DeadlineKind:
    """What IV.2.2 is the limit of: tenders, requests and expressions of interest share it."""
    if reading.code("TD_DOCUMENT_TYPE") in _INTEREST:
        return "participation"
    return "participation" if reading.code("PR_PROC") in _TWO_STAGES else "submission"


def moment(
    reading: Reading, kind: DeadlineKind, day: str, time: str
) -> tuple[datetime, bool] | None:
    """A local date and time as an instant (UTC), and whether no time was stated."""
    if not day:
        return None
    try:
        return _ted.moment(day, time, _ted.zone(reading.country()))
    except ValueError:
        reading.remarks.append(f"the {kind} date cannot be read: {day[:40]} {time[:40]}")
        return None


def _stated(reading: Reading) -> Iterator[tuple[DeadlineKind, str | None, str, str]]:
    procedure = reading.form.find("PROCEDURE")
    if reading.stage in ("planning", "tender"):
        for kind, path, day, time in _TERMS:
            term = at(procedure, *path)
            yield kind, None, text(at(term, day)), text(at(term, time)) if time else ""
        for object in reading.form.findall("OBJECT_CONTRACT"):
            yield "expected-notice", None, text(object.find("DATE_PUBLICATION_NOTICE")), ""
    objects = reading.form.findall("OBJECT_CONTRACT")
    parts = [part for object in objects for part in object.findall("OBJECT_DESCR")]
    for part in parts or reading.form.findall("MODIFICATIONS_CONTRACT/DESCRIPTION_PROCUREMENT"):
        lot = lot_name(part) if len(parts) > 1 else None
        yield "contract-start", lot, text(part.find("DATE_START")), ""
        yield "contract-end", lot, text(part.find("DATE_END")), ""


def _limit(reading: Reading, kind: DeadlineKind) -> tuple[datetime, bool] | None:
    """The time limit in force: the form's, or the journal's where that is later.

    The journal moves its coded limit after a corrigendum; of a corrigendum itself it is in force.
    """
    procedure = reading.form.find("PROCEDURE")
    own = moment(reading, kind, *_pair(procedure, "DATE_RECEIPT_TENDERS", "TIME_RECEIPT_TENDERS"))
    day, _, time = text(at(reading.coded, "CODIF_DATA", "DT_DATE_FOR_SUBMISSION")).partition(" ")
    if len(day) == 8 and day.isdigit():
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    coded = moment(reading, kind, day, time)
    if own is None or coded is None:
        return own or coded
    if coded[0] > own[0] and not coded[1]:
        reading.remarks.append(f"the form says {own[0]:%Y-%m-%d %H:%M}Z, moved by a corrigendum")
        return coded
    return own


def _pair(holder: Element | None, day: str, time: str) -> tuple[str, str]:
    return text(at(holder, day)), text(at(holder, time))
