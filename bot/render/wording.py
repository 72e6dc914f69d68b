"""How a message words changes, places and codes: the field's name, what was, what is now. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot import cpv, regions, when
from bot.filters import named_lots, short, sum_of
from bot.model import Change, Facts, Lot, Was
from bot.render import dates
from bot.wants import Match

LABELS: dict[str, str] = dates.LABELS | {
    "status": "Status",
    "value": "Value",
    "lot-value": "Value",
    "lot-added": "Lot added",
    "lot-removed": "Lot removed",
    "lot-text": "Lot description",
    "title": "Title",
    "description": "Description",
    "cpv": "CPV codes",
    "region": "Place",
    "procedure": "Procedure",
    "award-criteria": "Award criteria",
    "suitability": "Suitable for",
    "submission-address": "Where to respond",
    "documents": "Documents",
    "buyer": "Buyer",
    "supplier": "Supplier",
    "signed": "Contract signed",
    "contact": "Contact",
    "contract-extension": "Contract can be extended to",
    "engagement-text": "Market engagement",
}
# Of these a change quotes what differs: a side that is empty is no statement that nothing is there.
_QUOTED = frozenset({"description", "lot-text", "engagement-text", "award-criteria"})
# The figure and currency of a changed value: "1500000 GBP".
_SUM = re.compile(r"(-?\d{1,16}(?:\.\d{1,6})?) ([A-Z]{3})")
_TEXT, _PART, _PARTS = 400, 120, 8


@dataclass(frozen=True, slots=True)
class Diff:
    """One change as it is told; `was` and `now` are "" where the side says nothing at all."""

    label: str  # "Submission deadline (Lot 2: Formby)"
    was: str
    now: str
    delta: str = ""  # "+14 days"
    hint: str = ""  # "read from the notice's text"

    @property
    def long(self) -> bool:
        """Whether the two sides are better set one below the other."""
        return len(self.was) + len(self.now) > 90


def change(given: Change, facts: Facts, zone: ZoneInfo) -> Diff:
    """A change in words; `facts` name its lot, deadlines are told in `zone`."""
    field = given.field
    label = LABELS.get(field) or short(field, 60).replace("-", " ").capitalize()
    if given.lot and not field.startswith(("lot-added", "lot-removed")):
        label += f" ({dates.lot_name(given.lot, facts)})"
    was, now = _side(given.was, field, facts, zone), _side(given.now, field, facts, zone)
    if field == "documents" and not was:
        label, was = "Documents added", ""
    elif field in _QUOTED and not (was and now):
        label += ", added" if now else ", taken out"
    elif field not in ("lot-added", "lot-removed", "supplier"):
        was, now = was or "not stated", now or "no longer stated"
    return Diff(
        label=label,
        was=was,
        now=now,
        delta=_moved(given, zone) if field in dates.LABELS else "",
        hint="read from the notice's text" if given.origin == "words" else "",
    )


def _moved(given: Change, zone: ZoneInfo) -> str:
    if not isinstance(given.was, str) or not isinstance(given.now, str):
        return ""
    was, now = dates.read(given.was, zone), dates.read(given.now, zone)
    if not was or not now:
        return ""
    (before, dated_before), (after, dated_after) = was, now
    # Where one side states no time, only whole days can be told.
    if dated_before and not dated_after:
        before = dates.same_time(before, after, zone)
    if dated_after and not dated_before:
        after = dates.same_time(after, before, zone)
    return when.moved(before, after, zone)


def _side(side: Was, field: str, facts: Facts, zone: ZoneInfo) -> str:
    if side is None:
        return ""
    if isinstance(side, tuple):
        told = ", ".join(_one(text, field, facts, zone, _PART) for text in side[:_PARTS])
        return told + (f" and {len(side) - _PARTS} more" if len(side) > _PARTS else "")
    return _one(side, field, facts, zone, _TEXT)


def _one(text: str, field: str, facts: Facts, zone: ZoneInfo, limit: int) -> str:
    if field in dates.LABELS or field in ("signed", "contract-extension"):
        told = dates.read(text, zone)
        if told:
            at, dated = told
            return dates.moment(at, zone, dated=dated, act=field in dates.ACT)
    if field in ("value", "lot-value"):
        found = _SUM.fullmatch(text)
        if found:
            return sum_of(float(found[1]), found[2])
    if field == "cpv":
        return coded(text, facts)
    if field == "region":
        return place(text)
    return short(text, limit)


def place(stated: str) -> str:
    """A place as the source states it, with its region's name: "Merseyside (UKD72)"."""
    code = short(stated, 80)
    node = regions.place(code)
    name = regions.name(node) if node else ""
    return f"{name} ({code})" if name and name.casefold() != code.casefold() else code


def coded(code: str, facts: Facts) -> str:
    """A CPV code with its label: the official one, else the notice's own."""
    own = next((c.label for c in facts.cpv or () if c.id == code), "")
    return f"{short(code, 20)} {cpv.label(code) or short(own, 120)}".strip()


def matching(matches: Sequence[Match], facts: Facts) -> tuple[Lot, ...]:
    """The lots that matched; none where a subscription is met by the notice as a whole."""
    if not all(match.lots for match in matches):
        return ()
    met = {id for match in matches for id in match.lots}
    return tuple(lot for lot in facts.lots or () if lot.id in met)


def lots_met(lots: Sequence[Lot], facts: Facts) -> tuple[str, str]:
    """`Lots 2 and 5 of 40 match` and their titles."""
    numbers = named_lots([short(lot.id, 60) for lot in lots]).capitalize()
    verb = "match" if len(lots) > 1 else "matches"
    titles = "; ".join(dict.fromkeys(short(lot.title, _PART) for lot in lots[:_PARTS] if lot.title))
    return f"{numbers} of {len(facts.lots or ())} {verb}", titles or "no title stated"
