"""The deadlines of an eForms notice, lot by lot, and where lots agree once. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model import DEADLINE_KINDS, Deadline, DeadlineKind
from watchers import _ted
from watchers._ted_eforms_facts import EXTENSION, Reading
from watchers._xml import Element, at, text

# Where a lot states each: BT-131, BT-1311, BT-13, BT-132, BT-536 and BT-537; date and time apart.
_TERMS: tuple[tuple[DeadlineKind, tuple[str, ...], str, str], ...] = (
    ("submission", ("TenderSubmissionDeadlinePeriod",), "EndDate", "EndTime"),
    ("participation", ("ParticipationRequestReceptionPeriod",), "EndDate", "EndTime"),
    ("enquiry", ("AdditionalInformationRequestPeriod",), "EndDate", "EndTime"),
    ("opening", ("OpenTenderEvent",), "OccurrenceDate", "OccurrenceTime"),
)
_INTEREST = (*EXTENSION, "InterestExpressionReceptionPeriod")
_DAYS = frozenset({"expected-notice", "contract-start", "contract-end"})
# Kinds that a party to the procedure must keep: an odd offset there is worth a remark.
_KEPT = frozenset({"submission", "participation", "enquiry", "engagement"})


def deadlines(reading: Reading) -> Iterator[Deadline]:
    """Every deadline, in the order of their consequence.

    Dates of a plan are forecasts, but for the market consultation that it invites to. An award or
    contract notice repeats the tender's dates as history: only the contract's own are read.
    """
    stated: dict[DeadlineKind, list[_ted.Dated]] = {}
    there = _ted.zone(reading.country())
    for kind, lot, day, time in _stated(reading):
        if not day:
            continue
        try:
            # Senders put any offset behind a day on which nothing happens at midnight.
            when, dated = _ted.moment(day[:10] if kind in _DAYS else day, time, there)
        except ValueError:
            reading.remarks.append(f"the {kind} date cannot be read: {day[:40]} {time[:40]}")
            continue
        if kind in _KEPT and _ted.odd_offset(when, time, there):
            reading.remarks.append(f"the {kind} time has an offset unlike the buyer's: {time[:40]}")
        stated.setdefault(kind, []).append((lot, when, dated))
    for kind in DEADLINE_KINDS:
        firm = kind == "engagement" or (
            kind != "expected-notice" and reading.form.stage != "planning"
        )
        yield from _ted.by_lot(kind, stated.get(kind, ()), firm=firm)


def _stated(reading: Reading) -> Iterator[tuple[DeadlineKind, str | None, str, str]]:
    live = reading.form.stage in ("planning", "tender")
    if live:
        yield "expected-notice", None, text(reading.root.find("PlannedDate")), ""
    for lot in reading.lots:
        name = text(lot.find("ID")) or None
        if live:
            yield from _terms(reading, name, lot.find("TenderingProcess"))
        period = at(lot, "ProcurementProject", "PlannedPeriod")
        yield "contract-start", name, text(at(period, "StartDate")), ""
        yield "contract-end", name, text(at(period, "EndDate")), ""


def _terms(
    reading: Reading, lot: str | None, process: Element | None
) -> Iterator[tuple[DeadlineKind, str | None, str, str]]:
    for kind, path, day, time in _TERMS:
        term = at(process, *path)
        yield kind, lot, text(at(term, day)), text(at(term, time))
    # BT-630 is the day to answer a call: to take part in a procedure, or in a consultation.
    interest = at(process, *_INTEREST)
    kind = "participation" if reading.form.stage == "tender" else "engagement"
    yield kind, lot, text(at(interest, "EndDate")), text(at(interest, "EndTime"))
