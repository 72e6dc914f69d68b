"""A procurement in few words, for a list of many: the buyer, the value, what changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.filters import money, short
from bot.model import DEADLINE_KINDS, Change, Event, Facts, Record, Value, Was
from bot.render import dates
from bot.render.wording import Diff, change

# How `money` spells out what it has rounded to millions.
_FULL = re.compile(r" \([^)]*\)")
_NAME, _SIDE, _TOLD = 100, 60, 3
# What is too long to be set side by side: that it changed is said, the notice says how.
_TEXTS = frozenset({"description", "lot-text", "engagement-text", "award-criteria", "contact"})
# What an event's heading says already.
_SAID = {"cancelled": {"status"}, "awarded": {"supplier", "status"}}


def buyers(facts: Facts) -> str:
    """The first buyer, and how many more there are."""
    names = [short(buyer.name, _NAME) for buyer in facts.buyers or ()]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0] + more if names else ""


def figure(value: Value | None) -> str:
    """One figure, without VAT where that is stated; a large one by its millions."""
    if value is None:
        return ""
    told = money(value if value.net is None else replace(value, gross=None))
    return _FULL.sub("", told)


def awards(events: Sequence[Event], record: Record) -> list[str]:
    """`Awarded to Northwick Care Ltd (£1,200,000 excl. VAT)`, each decision once."""
    decided = [
        award
        for event in events
        if event.name == "awarded"
        for award in event.decisions or record.facts.awards
    ]
    told = dict.fromkeys(
        f"Awarded to {_suppliers(award.suppliers)}"
        + (f" ({figure(award.value)})" if figure(award.value) else "")
        for award in decided
    )
    return list(told)


def _suppliers(names: Sequence[str]) -> str:
    shown = ", ".join(short(name, _NAME) for name in names[:_TOLD]) or "a supplier not named"
    left = len(names) - _TOLD
    return shown + (f" and {left} more" if left > 0 else "")


def changed(events: Iterable[Event], record: Record, now: datetime, zone: ZoneInfo) -> list[str]:
    """What the events changed, each field once, from what it was before them to what it is."""
    chains: dict[tuple[str, str | None], list[Change]] = {}
    for event in events:
        for one in event.changes:
            if one.lot is not None or one.field not in _SAID.get(event.name, ()):
                chains.setdefault((one.field, one.lot), []).append(one)
    ordered = sorted(chains.values(), key=lambda chain: chain[0].field not in DEADLINE_KINDS)
    return [_told(chain, record, now, zone) for chain in ordered]


def _told(chain: Sequence[Change], record: Record, now: datetime, zone: ZoneInfo) -> str:
    first, last = chain[0], chain[-1]
    whole = replace(last, was=first.was)
    told = change(whole, record.facts, zone)
    back = len(chain) > 1 and first.was == last.now
    if last.field in DEADLINE_KINDS:
        return _date(told, whole, back, now, zone) + (f" ({told.hint})" if told.hint else "")
    if last.field in _TEXTS:
        return told.label if ", " in told.label else f"{told.label} changed"
    if back:
        return f"{told.label} changed and changed back"
    was, current = (_cut(side) for side in (told.was, told.now))
    if not (was and current):
        return f"{told.label}: {was or current}"
    return f"{told.label}: {was} → {current}"


def _cut(side: str) -> str:
    return short(side, _SIDE)


def _date(told: Diff, whole: Change, back: bool, now: datetime, zone: ZoneInfo) -> str:
    """`Submission deadline moved from 3 Jan to 10 Jan 12:00 (+7 days)`."""
    was, current = _read(whole.was, zone), _read(whole.now, zone)
    if current is None:
        return f"{told.label} no longer stated"
    until = _moment(*current, now, zone)
    if back:
        return f"{told.label} moved, and moved back to {until}"
    if was is None:
        return f"{told.label} set to {until}"
    delta = f" ({told.delta})" if told.delta else ""
    if dates.day(was[0], zone) == dates.day(current[0], zone):
        return f"{told.label} moved from {_moment(*was, now, zone)} to {until}{delta}"
    return f"{told.label} moved from {_moment(was[0], True, now, zone)} to {until}{delta}"


def _read(side: Was, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    return dates.read(side, zone) if isinstance(side, str) else None


def _moment(at: datetime, dated: bool, now: datetime, zone: ZoneInfo) -> str:
    """`10 Jan 12:00`; with the year where it is not the present one."""
    told = dates.day(at, zone).removesuffix(f" {now.astimezone(zone).year}")
    return told if dated else f"{told} {at.astimezone(zone):%H:%M}"
