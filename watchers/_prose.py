"""The deadlines that a notice's text states and its fields do not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import Deadline, DeadlineKind, Facts, Stage
from bot.prose import Found, deadlines

# A market may be engaged on several days; of the rest two dates are a contradiction.
_SEVERAL: frozenset[DeadlineKind] = frozenset({"engagement"})

_DAY = timedelta(days=1)


def spoken(
    stated: tuple[Deadline, ...],
    texts: Iterable[str],
    *,
    published: datetime,
    zone: ZoneInfo,
    stage: Stage,
) -> tuple[Deadline, ...]:
    """What the texts add to the deadlines that fields state, each with its sentence.

    Only kinds that no field states, and only what is beyond doubt: one with a flag, and one that
    two texts state differently, stays unknown. Texts are English; those in another language say
    nothing here.
    """
    held = {deadline.kind for deadline in stated}
    ends = [deadline.at for deadline in stated if deadline.kind == "submission"]
    found: dict[tuple[DeadlineKind, datetime], Found] = {}
    doubted: set[DeadlineKind] = set()
    for text in dict.fromkeys(texts):
        for one in deadlines(text, published=published, zone=zone, stage=stage):
            if one.flags and one.kind not in _SEVERAL:
                doubted.add(one.kind)
            elif not one.flags and one.kind not in held and _fits(one, held, ends):
                found.setdefault((one.kind, one.instant), one)
    return tuple(
        Deadline(one.kind, one.instant, one.dated, origin="words", words=one.sentence)
        for one in _told(list(found.values()), zone)
        if one.kind not in doubted
    )


def with_spoken(facts: Facts, *, published: datetime, zone: ZoneInfo, stage: Stage) -> Facts:
    """The facts of a live notice with what its description adds to their deadlines."""
    said = (facts.description or "",)
    found = spoken(facts.deadlines, said, published=published, zone=zone, stage=stage)
    return replace(facts, deadlines=facts.deadlines + found) if found else facts


def _fits(one: Found, held: set[DeadlineKind], ends: list[datetime]) -> bool:
    """Whether a date to take part in a tender goes with the other one that a field states.

    Interest is due before tenders are; else the text calls by another name what the field means.
    """
    if one.kind == "submission":
        return "participation" not in held
    return one.kind != "participation" or all(end - one.instant > _DAY for end in ends)


def _told(found: list[Found], zone: ZoneInfo) -> Iterable[Found]:
    """Each day once, with its hour where one text has it; no kind with two dates, if it has one."""
    for one in found:
        day = one.instant.astimezone(zone).date()
        same = [other for other in found if other.kind == one.kind and other is not one]
        today = [other for other in same if other.instant.astimezone(zone).date() == day]
        if one.dated and any(not other.dated for other in today):
            continue
        apart = len(today) < len(same) or any(not other.dated for other in today)
        if one.kind in _SEVERAL or not apart:
            yield one
