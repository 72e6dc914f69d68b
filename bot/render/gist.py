"""A procurement in few words, for a list of many: the buyer, the value, what changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.filters import short
from bot.model import DEADLINE_KINDS, Award, Change, Event, Facts, Record, Value, Was
from bot.render import dates, told
from bot.render.subject import decided
from bot.render.told import IN_HEADING, joined
from bot.render.wording import Diff, change

# How `money` spells out what it has rounded to millions.
_FULL = re.compile(r" \([^)]*\)")
_NAME, _SIDE, _TOLD = 100, 60, 3
# What is too long to be set side by side: that it changed is said, the notice says how.
_TEXTS = frozenset({"description", "lot-text", "engagement-text", "award-criteria", "contact"})


def buyers(facts: Facts) -> str:
    """The first buyer, and how many more there are."""
    return joined([buyer.name for buyer in facts.buyers or ()], 1, _name)


def figure(value: Value | None) -> str:
    """One figure, without VAT where that is stated; a large one by its millions."""
    return _FULL.sub("", told.figure(value))


def awards(events: Sequence[Event], record: Record) -> list[str]:
    """`Awarded to Northwick Care Ltd (£1,200,000 excl. VAT)`, each decision once."""
    made = [
        award for event in events if event.name == "awarded" for award in decided(event, record)
    ]
    return list(dict.fromkeys(map(_awarded, made)))


def _awarded(award: Award) -> str:
    suppliers = joined(award.suppliers, _TOLD, _name) or "a supplier not named"
    value = figure(award.value)
    return f"Awarded to {suppliers}" + (f" ({value})" if value else "")


def _name(name: str) -> str:
    return short(name, _NAME)


def changed(events: Iterable[Event], record: Record, now: datetime, zone: ZoneInfo) -> list[str]:
    """What the events changed, each field once, from what it was before them to what it is."""
    chains: dict[tuple[str, str | None], list[Change]] = {}
    for event in events:
        for one in event.changes:
            if one.lot is not None or one.field not in IN_HEADING.get(event.name, ()):
                chains.setdefault((one.field, one.lot), []).append(one)
    ordered = sorted(chains.values(), key=lambda chain: chain[0].field not in DEADLINE_KINDS)
    return [_told(chain, record, now, zone) for chain in ordered]


def _told(chain: Sequence[Change], record: Record, now: datetime, zone: ZoneInfo) -> str:
    first, last = chain[0], chain[-1]
    whole = replace(last, was=first.was)
    diff = change(whole, record.facts, zone)
    back = len(chain) > 1 and first.was == last.now
    if last.field in DEADLINE_KINDS:
        return _date(diff, whole, back, now, zone) + (f" ({diff.hint})" if diff.hint else "")
    if last.field in _TEXTS:
        return diff.label if ", " in diff.label else f"{diff.label} changed"
    if back:
        return f"{diff.label} changed and changed back"
    was, current = (_cut(side) for side in (diff.was, diff.now))
    if not (was and current):
        return f"{diff.label}: {was or current}"
    return f"{diff.label}: {was} → {current}"


def _cut(side: str) -> str:
    return short(side, _SIDE)


def _date(diff: Diff, whole: Change, back: bool, now: datetime, zone: ZoneInfo) -> str:
    """`Submission deadline moved from 3 Jan to 10 Jan 12:00 (+7 days)`."""
    was, current = _read(whole.was, zone), _read(whole.now, zone)
    if current is None:
        return f"{diff.label} no longer stated"
    until = _moment(*current, now, zone)
    if back:
        return f"{diff.label} moved, and moved back to {until}"
    if was is None:
        return f"{diff.label} set to {until}"
    delta = f" ({diff.delta})" if diff.delta else ""
    if dates.day(was[0], zone) == dates.day(current[0], zone):
        return f"{diff.label} moved from {_moment(*was, now, zone)} to {until}{delta}"
    return f"{diff.label} moved from {_moment(was[0], True, now, zone)} to {until}{delta}"


def _read(side: Was, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    return dates.read(side, zone) if isinstance(side, str) else None


def _moment(at: datetime, dated: bool, now: datetime, zone: ZoneInfo) -> str:
    """`10 Jan 12:00`; with the year where it is not the present one."""
    day = dates.day(at, zone).removesuffix(f" {now.astimezone(zone).year}")
    return day if dated else f"{day} {at.astimezone(zone):%H:%M}"
