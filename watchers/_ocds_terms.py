"""What an OCDS release says of award criteria, contacts and market engagement. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from watchers._ocds_facts import Reading
from watchers._take import Json, number, obj, rows, text, texts

# Weights other than a percentage are told with what they count.
_WEIGHTS = {
    "percentageExact": "%",
    "percentageRangeMiddle": "% (middle of a range)",
    "decimalExact": "",
    "pointsExact": " points",
    "orderOfImportance": ". in order",
}
# Legacy notices have no place for a weight: it is the criterion's description, "60%" or "40".
_SHORT = 60


def criteria(reading: Reading, lot: Json) -> tuple[str, ...]:
    """The award criteria of a lot, else those given for all lots: `Price 40%`.

    The notice of an award repeats a stray criterion without a weight (legacy, 140 of 149).
    """
    if reading.kind.stage not in ("planning", "tender"):
        return ()
    details = obj(reading.tender.get("lotDetails"))
    for stated in (lot.get("awardCriteria"), details.get("awardCriteria")):
        found = [*_criteria(reading, obj(stated))]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _criteria(reading: Reading, stated: Json) -> Iterable[str]:
    for row in rows(stated.get("criteria")):
        name = reading.words(row.get("name")) or text(row.get("type")).capitalize()
        weights = [w for each in rows(row.get("numbers")) if (w := _weight(each))]
        said = reading.words(row.get("description"))
        if not weights and len(said) <= _SHORT and said != name:
            weights = [f"{said}%" if number(said) is not None else said]
        if told := " ".join(filter(None, (name, *weights))):
            yield told
    for member in ("weightingDescription", "description"):
        if said := reading.words(stated.get(member)):
            yield said


def _weight(stated: Json) -> str:
    figure = number(stated.get("number"))
    if figure is None:
        return ""
    return f"{figure:g}{_WEIGHTS.get(text(stated.get('weight')), '')}"


def contact(reading: Reading) -> str:
    """Whom to ask at the first buyer that says so: name, e-mail, telephone."""
    for party in rows(reading.release.get("parties")):
        if "buyer" in texts(party.get("roles")) and (found := _point(party.get("contactPoint"))):
            return found
    return _point(obj(reading.release.get("buyer")).get("contactPoint"))


def _point(stated: Any) -> str:
    point = obj(stated)
    return ", ".join(filter(None, (text(point.get(m)) for m in ("name", "email", "telephone"))))


def engagement(reading: Reading) -> str:
    """What the buyer says of a market engagement: real dates of events stand here (UK2)."""
    said = (
        reading.words(milestone.get("description"))
        for milestone in rows(reading.planning.get("milestones"))
        if milestone.get("type") in ("engagement", None)
    )
    return "\n".join(dict.fromkeys(filter(None, said)))
