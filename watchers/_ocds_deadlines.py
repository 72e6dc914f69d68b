"""The deadlines that an OCDS release states in its fields. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot import when
from bot.model import Deadline, DeadlineKind, Extension
from watchers._ocds_facts import Dialect, Reading
from watchers._take import Json, obj, rows, text, texts

# A portal's form asks for a date alone and stores local midnight or the day's last second. No one
# types seconds, so the latter is always a date; midnight is one where nothing happens at midnight.
_LAST_SECOND = "T23:59:59"
_MIDNIGHT = "T00:00:00"
_DAYS = frozenset({"award", "expected-notice", "contract-start", "contract-end"})
_ZERO_OFFSET = re.compile(r"(?<=\d)(?:[Zz]|[+-]00:?00)\Z")


def deadlines(reading: Reading) -> tuple[Deadline, ...]:
    """Every deadline of the release, each once.

    Dates of a planning notice are forecasts, but for the market engagement that it invites to. An
    award or contract notice repeats the tender's dates as history: they are not read, unless it
    restates the whole process.
    """
    found: dict[tuple[DeadlineKind, datetime, str | None], Deadline] = {}

    def add(kind: DeadlineKind, stated: Any, lot: str | None = None) -> None:
        read = moment(reading, stated, kind)
        if read is None:
            return
        at, dated = read
        firm = kind == "engagement" or (
            kind != "expected-notice" and reading.kind.stage != "planning"
        )
        found.setdefault((kind, at, lot), Deadline(kind, at, dated, firm, lot=lot))

    if reading.kind.restates or reading.kind.stage in ("planning", "tender"):
        for kind, stated in _tender(reading):
            add(kind, stated)
    stills = [(lot, _newest(reading, award)) for award in reading.awards for lot in _lots(award)]
    for lot, stated in _shared(stills):
        add("standstill", stated, lot)
    periods = _periods(reading)
    for lot, stated in _shared([(lot, period.get("startDate")) for lot, period in periods]):
        add("contract-start", stated, lot)
    for lot, stated in _shared([(lot, period.get("endDate")) for lot, period in periods]):
        add("contract-end", stated, lot)
    return tuple(found.values())


def moment(reading: Reading, stated: Any, kind: DeadlineKind) -> tuple[datetime, bool] | None:
    """The instant (UTC), and whether only a date was meant; a remark where it cannot be read."""
    written = _written(stated, reading.dialect)
    if not written:
        return None
    if dated := _MIDNIGHT in written and (kind in _DAYS or reading.dialect.local):
        written = written.replace(_MIDNIGHT, _LAST_SECOND, 1)
    try:
        at, bare = when.instant(written, reading.dialect.zone)
    except ValueError:
        reading.remarks.append(f"the {kind} date cannot be read: {written[:40]}")
        return None
    return at, bare or dated or _LAST_SECOND in written


def stamp(reading: Reading, stated: Any) -> datetime | None:
    """An instant that is no deadline (a signature, a document's date), UTC; None if unreadable."""
    written = _written(stated, reading.dialect)
    if not written:
        return None
    try:
        return when.instant(written, reading.dialect.zone, end=False)[0]
    except ValueError:
        return None


def signature(reading: Reading, stated: Any) -> datetime | None:
    """The day of a signature, as its last second (UTC): local midnight is the day before in UTC."""
    return stamp(reading, text(stated).replace(_MIDNIGHT, _LAST_SECOND, 1))


def _written(stated: Any, dialect: Dialect) -> str:
    """A date as the source means it: without its offset of zero, where that is false."""
    written = text(stated)
    return _ZERO_OFFSET.sub("", written) if dialect.local else written


def _tender(reading: Reading) -> Iterable[tuple[DeadlineKind, Any]]:
    tender = reading.tender
    get = tender.get
    yield "submission", obj(get("tenderPeriod")).get("endDate")
    yield "participation", get("expressionOfInterestDeadline")
    yield "enquiry", obj(get("enquiryPeriod")).get("endDate")
    for milestone in rows(reading.planning.get("milestones")):
        if milestone.get("type") in ("engagement", None) and milestone.get("status") != "met":
            yield "engagement", milestone.get("dueDate")
    yield "expected-notice", obj(get("communication")).get("futureNoticeDate")
    yield "opening", obj(get("bidOpening")).get("date")
    # Legacy notices state the planned award as the start of the award period.
    period = obj(get("awardPeriod"))
    yield "award", period.get("endDate") or period.get("startDate")


def _newest(reading: Reading, award: Json) -> Any:
    """A moved standstill comes as an array that keeps the old end: the latest holds."""
    ends = [period.get("endDate") for period in rows(award.get("standstillPeriod"))]
    if len(ends) < 2:
        return ends[0] if ends else None
    known = [(at, end) for end in ends if (at := stamp(reading, end))]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _lots(award: Json) -> list[str | None]:
    return [*texts(award.get("relatedLots"))] or [None]  # the whole, where it names no lot


def _periods(reading: Reading) -> list[tuple[str | None, Json]]:
    """The contract period of each lot, else of the tender, else of the awards and contracts."""
    lots = [(text(lot.get("id")) or None, obj(lot.get("contractPeriod"))) for lot in reading.lots]
    if any(period for _, period in lots):
        return lots
    if period := obj(reading.tender.get("contractPeriod")):
        return [(None, period)]
    named = {text(award.get("id")): _lots(award) for award in reading.awards}
    return [
        (lot, period)
        for holder, id, name in (
            *((award, "id", "contractPeriod") for award in reading.awards),
            *((contract, "awardID", "period") for contract in reading.contracts),
        )
        if (period := obj(holder.get(name)))
        for lot in named.get(text(holder.get(id)), [None])
    ]


def extensions(reading: Reading) -> tuple[Extension, ...]:
    """How long a contract may be extended at most (`maxExtentDate`, of the extent extension)."""
    stated = [(lot, period.get("maxExtentDate")) for lot, period in _periods(reading)]
    found = []
    for lot, date in _shared(stated):
        read = moment(reading, date, "contract-end")
        if read:
            found.append(Extension(read[0], lot))
    return tuple(found)


def _shared(stated: list[tuple[str | None, Any]]) -> Iterable[tuple[str | None, Any]]:
    """One date without a lot where all say the same, else one for each lot that says one."""
    known = [(lot, date) for lot, date in stated if date]
    if known and len(known) == len(stated) and all(date == known[0][1] for _, date in known):
        return [(None, known[0][1])]
    return known
