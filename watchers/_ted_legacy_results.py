"""The awards of a notice in TED's own schema, and how its lots ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.model import Award, Lot, Value
from watchers import _ted
from watchers._ted_legacy_facts import Reading, money
from watchers._xml import Element, at, every, prose, text

# Where forms of all ages name a winner.
_WINNERS = ("ADDRESS_CONTRACTOR", "ADDRESS_WINNER", "ECONOMIC_OPERATOR_NAME_ADDRESS")
_PRICES = (
    ("AWARDED_CONTRACT", "VALUES", "VAL_TOTAL"),
    ("AWARDED_CONTRACT", "VAL_TOTAL"),
)
_ENDINGS = {"PROCUREMENT_UNSUCCESSFUL": "all-rej", "PROCUREMENT_DISCONTINUED": "discontinued"}


def awards(reading: Reading) -> tuple[Award, ...]:
    """One award for each contract or prize; its id begins with the notice's."""
    found = []
    for place, row in enumerate(_rows(reading), 1):
        lost = _reason(row) is not None
        lot = text(row.find("LOT_NO"))
        found.append(
            Award(
                f"{reading.id}/{row.get('ITEM') or place}",
                () if lost else _names(row),
                _price(row),
                "unsuccessful" if lost else "active",
                _signed(reading, row),
                (lot,) if lot else (),
            )
        )
    return tuple(found)


def decisions(reading: Reading, lots: Iterable[Lot]) -> tuple[list[str], list[str], bool]:
    """How contracts ended in OCDS terms, why not (as BT-144 codes it), and if no lot is left."""
    found = awards(reading)
    reasons = [reason for row in _rows(reading) if (reason := _reason(row)) is not None]
    named = {lot for award in found for lot in award.lots}
    whole = not named or named >= {lot.id for lot in lots}
    return [award.status for award in found], reasons, whole


def _rows(reading: Reading) -> Iterator[Element]:
    form = reading.form
    yield from form.findall("AWARD_CONTRACT")
    yield from every(form, "RESULTS", "AWARDED_PRIZE")
    yield from every(form, "RESULTS", "NO_AWARDED_PRIZE")
    for tag in ("AWARD_OF_CONTRACT", "AWARD_OF_CONTRACT_DEFENCE"):
        yield from form.iter(tag)


def _reason(row: Element) -> str | None:
    """Why nothing was awarded; None where it was."""
    none = row if row.tag == "NO_AWARDED_PRIZE" else row.find("NO_AWARDED_CONTRACT")
    if none is None:
        return None
    return next((code for tag, code in _ENDINGS.items() if none.find(tag) is not None), "all-rej")


def _names(row: Element) -> tuple[str, ...]:
    holders = [each for tag in _WINNERS for each in row.iter(tag)]
    names = (
        prose(next(each.iter("OFFICIALNAME"), None)) or prose(next(each.iter("ORGANISATION"), None))
        for each in holders
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _price(row: Element) -> Value | None:
    for path in _PRICES:
        if found := money(at(row, *path)):
            return found
    for costs in row.iter("COSTS_RANGE_AND_CURRENCY_WITH_VAT_RATE"):
        figure = _ted.amount(text(costs.find("VALUE_COST")), costs.get("CURRENCY", ""))
        if figure and costs.find("INCLUDING_VAT") is not None:
            return Value(None, figure.net, figure.currency)
        return figure
    return None


def _signed(reading: Reading, row: Element) -> datetime | None:
    day = text(at(row, "AWARDED_CONTRACT", "DATE_CONCLUSION_CONTRACT")) or text(
        row.find("DATE_DECISION_JURY")
    )
    if (date := row.find("CONTRACT_AWARD_DATE")) is not None:
        year, month, number = (text(date.find(part)) for part in ("YEAR", "MONTH", "DAY"))
        day = f"{year}-{month:0>2}-{number:0>2}"
    try:
        return _ted.moment(day, "", _ted.zone(reading.country()))[0] if day else None
    except ValueError:
        return None
